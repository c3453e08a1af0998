"""Cases, and the one JSON line that is written for each."""

import inspect
import json
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path

CASES = []


def case(name, *, only=None):
    """Registers a case; `only` names the one flavour that it is for."""

    def register(function):
        CASES.append((name, only, function))
        return function

    return register


@dataclass(frozen=True)
class Environment:
    """What the runner tells of the two emulators."""

    endpoint: str
    ca: str
    management: str
    http_endpoint: str
    work: Path

    @classmethod
    def read(cls):
        work = Path(os.environ["ACR_WORK"])
        work.mkdir(parents=True, exist_ok=True)
        return cls(
            endpoint=os.environ["ACR_ENDPOINT"],
            ca=os.environ["ACR_CA"],
            management=os.environ["ACR_MANAGEMENT"],
            http_endpoint=os.environ["ACR_HTTP_ENDPOINT"],
            work=work,
        )


def say(**line):
    print(json.dumps(line), flush=True)


async def run(suite, client):
    """Runs every case of the suite's flavour. A case that raises has failed."""
    for name, only, function in CASES:
        if only not in (None, suite.flavour):
            continue
        try:
            if len(inspect.signature(function).parameters) == 2:
                await function(suite, client)
            else:
                await function(suite)
        except Exception as error:  # noqa: BLE001: whatever it is, it is this case's failure
            traceback.print_exc(file=sys.stderr)
            say(case=name, outcome="failed", reason=reason(error))
        else:
            say(case=name, outcome="passed")


def reason(error):
    """The error and the line of the case that it came from."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "/cases/" in frame.filename or "/coverage.py" in frame.filename
    ]
    where = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno} {ours[-1].line}" if ours else ""
    return f"{type(error).__name__}: {error}{where}"[:600]


def equal(got, wanted, what="value"):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def holds(condition, what):
    if not condition:
        raise AssertionError(what)
