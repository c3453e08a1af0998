"""Cases, the JSON line of each, az, and what is pushed for it."""

import json
import os
import ssl
import subprocess
import sys
import traceback
import urllib.request
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

ENDPOINT = os.environ["ACR_ENDPOINT"]
WORK = Path(os.environ["ACR_WORK"])
LOGIN = (os.environ["ACR_USERNAME"], os.environ["ACR_PASSWORD"])
# The emulator's admin user has the registry's name, and its certificate is good for this host.
REGISTRY = LOGIN[0]
SUFFIX = ".localhost:" + ENDPOINT.rsplit(":", 1)[1]
MANIFEST = "application/vnd.oci.image.manifest.v1+json"

CASES = []


def case(name):
    def register(function):
        CASES.append((name, function))
        return function

    return register


def say(**line):
    print(json.dumps(line), flush=True)


def run_all():
    """Runs every case. One that raises has failed; one that is text is skipped for that reason."""
    for name, function in CASES:
        if isinstance(function, str):
            say(case=name, outcome="skipped", reason=function)
            continue
        try:
            function()
        except Exception as error:  # noqa: BLE001: whatever it is, it is this case's failure
            traceback.print_exc(file=sys.stderr)
            line = traceback.extract_tb(error.__traceback__)[1].lineno
            reason = f"{type(error).__name__}: {error}, line {line}"
            say(case=name, outcome="failed", reason=reason[:600])
        else:
            say(case=name, outcome="passed")


def equal(got, wanted, what="value"):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def configure():
    """A cloud in which registries are called NAME.localhost, and in which nothing else is anywhere.

    `az cloud register` would ask Azure for it, so it is written by hand.
    """
    folder = WORK / "azure"
    folder.mkdir(parents=True, exist_ok=True)
    nowhere = "https://nowhere.localhost:1"
    names = ["active_directory", "active_directory_resource_id", "resource_manager", "management"]
    endpoints = "".join(f"endpoint_{name} = {nowhere}\n" for name in names)
    cloud = f"[lab]\n{endpoints}suffix_acr_login_server_endpoint = {SUFFIX}\n"
    (folder / "clouds.config").write_text(cloud)
    (folder / "config").write_text("[cloud]\nname = lab\n[core]\ncollect_telemetry = no\n")
    return {
        **os.environ,
        "AZURE_CONFIG_DIR": str(folder),
        "REQUESTS_CA_BUNDLE": os.environ["ACR_CA"],
        "PYTHONPATH": str(Path(__file__).parent / "shim"),
        "PYTHONWARNINGS": "ignore",
    }


ENVIRONMENT = configure()


class AzError(Exception):
    """What az says when it fails."""


def az(*words, login=True):
    """The JSON that a command prints, or nothing."""
    # As bin/az does, whose first line may name another place than this environment's.
    command = [sys.executable, "-m", "azure.cli", *words, "--output", "json"]
    if login:
        command += ["--username", LOGIN[0], "--password", LOGIN[1]]
    run = subprocess.run(
        command,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    print("az", *words, "->", run.returncode, run.stderr, file=sys.stderr)
    if run.returncode != 0:
        raise AzError(run.stderr.strip())
    return json.loads(run.stdout) if run.stdout.strip() else None


def fails(*words, login=True):
    """What az says of a command that it cannot carry out."""
    try:
        got = az(*words, login=login)
    except AzError as error:
        return str(error)
    raise AssertionError(f"az {' '.join(words)} succeeded: {got!r}")


def repository(verb, *words):
    return az("acr", "repository", verb, "--name", REGISTRY, *words)


def manifest(verb, *words):
    return az("acr", "manifest", verb, "--registry", REGISTRY, *words)


def digest(data):
    return "sha256:" + sha256(data).hexdigest()


def call(method, path, body=b"", kind="application/octet-stream"):
    """A call to the registry that is not az's."""
    authorization = b64encode(":".join(LOGIN).encode()).decode()
    headers = {"Authorization": f"Basic {authorization}", "Content-Type": kind}
    request = urllib.request.Request(ENDPOINT + path, body, headers, method=method)
    context = ssl.create_default_context(cafile=os.environ["ACR_CA"])
    with urllib.request.urlopen(request, context=context) as answer:
        return answer.read()


def push(name, tag=None, *, text=None, subject=None, artifact_type=None):
    """An image whose content follows from its text; gives its manifest's bytes."""
    config = json.dumps({"architecture": "amd64", "os": "linux", "text": text or name}).encode()
    call("POST", f"/v2/{name}/blobs/uploads/?digest={digest(config)}", config)
    config_type = "application/vnd.oci.image.config.v1+json"
    described = {"mediaType": config_type, "digest": digest(config), "size": len(config)}
    data = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described, "layers": []}
    if artifact_type:
        data["artifactType"] = artifact_type
    if subject:
        size = len(subject)
        data["subject"] = {"mediaType": MANIFEST, "digest": digest(subject), "size": size}
    data = json.dumps(data).encode()
    call("PUT", f"/v2/{name}/manifests/{tag or digest(data)}", data, MANIFEST)
    return data


def settings(**changed):
    """Changes the emulator's settings."""
    body = json.dumps(changed).encode()
    url = os.environ["ACR_MANAGEMENT"] + "/settings"
    headers = {"Content-Type": "application/json"}
    urllib.request.urlopen(urllib.request.Request(url, body, headers, method="PATCH")).close()
