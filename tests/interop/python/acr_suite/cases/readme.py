"""The Python snippet of the emulator's README, as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

from ..flavours import gather
from ..harness import case, equal

README = Path(__file__).parents[5] / "crates/acr-emulator/README.md"


def snippet(s):
    """The one block of Python, with this emulator's ports for those of a first start."""
    [code] = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.M | re.S)
    for there, here in [
        ("https://127.0.0.1:5000", s.env.endpoint),
        ("http://127.0.0.1:5001", s.env.management),
    ]:
        equal(code.count(there), 1, f"{there} in the README")
        code = code.replace(there, here)
    return code


@case("README: the Python snippet, as a program and typed in", only="sync")
async def python(s, c):
    code = snippet(s)
    for command in [[sys.executable, "-"], [sys.executable, "-q", "-i"]]:
        await c.delete_repository("hello/python")
        run = subprocess.run(
            command, input=code, cwd=s.env.work, text=True, capture_output=True, timeout=60
        )
        [tag] = await gather(c.list_tag_properties("hello/python"))
        lines = run.stdout.splitlines()
        equal(lines[-2:], [f"v1 {tag.digest}", "Hello, world!"], f"printed, {run.stderr[-500:]}")
        equal(("Error" in run.stderr, run.returncode), (False, 0), run.stderr[-500:])
