"""The cases by Azure's SDK for Python, as its documentation has them done."""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from azure.containerregistry import ContainerRegistryClient
from azure.core.credentials import AccessToken

AT_ONCE = 8
SIZE, COUNT = int(os.environ["BENCH_SIZE"]), int(os.environ["BENCH_COUNT"])
REPOSITORY = f"bench/{COUNT}"
# It counts with each call; the client's own does nothing.
PLAIN = {"enforce_https": False}


class Credential:
    def get_token(self, *_, **__):
        return AccessToken("an Entra token", int(time.time()) + 3600)


def digests():
    with open(os.environ["BENCH_DIGESTS"]) as lines:
        return lines.read().split()


def upload(client):
    with open(os.environ["BENCH_FILE"], "rb") as file:
        client.upload_blob(REPOSITORY, file, **PLAIN)


def download(client):
    for _ in client.download_blob(REPOSITORY, digests()[0], **PLAIN):
        pass


def download_file(client):
    target = os.environ["BENCH_FILE"]
    with open(target + ".part", "wb") as file:
        for piece in client.download_blob(REPOSITORY, digests()[0], **PLAIN):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    os.rename(target + ".part", target)


def push(client):
    from io import BytesIO

    def one(number):
        blob = number.to_bytes(8, "big") + bytes(SIZE - 8)
        client.upload_blob(REPOSITORY, BytesIO(blob), **PLAIN)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, range(COUNT)))


def pull(client):
    def one(digest):
        got = b"".join(client.download_blob(REPOSITORY, digest, **PLAIN))
        assert len(got) == SIZE

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, digests()))


def tags(client):
    listing = client.list_tag_properties(REPOSITORY, results_per_page=1000, **PLAIN)
    assert sum(1 for _ in listing) == COUNT


CASES = {
    "upload": upload,
    "download": download,
    "download-file": download_file,
    "push": push,
    "pull": pull,
    "tags": tags,
}

case = CASES[os.environ["BENCH_CASE"]]
with ContainerRegistryClient(os.environ["BENCH_ENDPOINT"], Credential()) as client:
    start = time.perf_counter()
    case(client)
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
    sys.stdin.read()
