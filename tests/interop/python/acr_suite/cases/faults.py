"""Faults of the service, and what the SDK makes of them."""

import io
import time

from azure.containerregistry import DigestValidationError
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    IncompleteReadError,
    ServiceResponseError,
)

from ..flavours import code, raises, read
from ..harness import case, equal, holds
from ..images import MIB, Image, digest, noise


@case("fault: 429 with Retry-After is waited for")
async def throttled(s, c):
    repository = s.repository("faults/throttled")
    await Image("f").push(c, repository, "v1")
    busy = {"status": {"status": 429, "retryAfterSeconds": 2, "code": "TOOMANYREQUESTS"}}
    async with s.fault(repository, ["get_tag"], busy, times=1) as rule:
        start = time.monotonic()
        equal((await c.get_tag_properties(repository, "v1")).digest, Image("f").digest)
        waited = time.monotonic() - start
    equal(rule["hits"], 1)
    holds(1.9 <= waited < 10, f"waited {waited:.2f} s")


@case("fault: 503 is tried again, and given up in the end")
async def unavailable(s, c):
    repository = s.repository("faults/unavailable")
    await Image("f").push(c, repository, "v1")
    down = {"status": {"status": 503, "code": "UNAVAILABLE", "message": "later"}}
    async with s.fault(repository, ["get_tag"], down, times=2) as rule:
        equal((await c.get_tag_properties(repository, "v1")).name, "v1")
    equal(rule["hits"], 2)
    async with s.fault(repository, ["get_tag"], down) as rule:
        error = await raises(
            HttpResponseError, c.get_tag_properties(repository, "v1", retry_total=1)
        )
        equal((error.status_code, await code(error)), (503, "UNAVAILABLE"))
    equal(rule["hits"], 2)


@case("fault: tokens expire between two calls")
async def expired(s):
    repository = s.repository("faults/expired")
    async with s.client() as client:
        await Image("f").push(client, repository, "v1")
        # Longer than both tokens live.
        s.manage("POST", "/clock", {"advance_seconds": 4 * 3600})
        equal((await client.get_tag_properties(repository, "v1")).digest, Image("f").digest)


@case("fault: an access token is refused once")
async def refused(s, c):
    repository = s.repository("faults/refused")
    await Image("f").push(c, repository, "v1")
    async with s.fault(repository, ["get_tag"], {"tokenExpired": {}}, times=1) as rule:
        # The SDK answers one challenge a call, and that came before: it gives up.
        error = await raises(ClientAuthenticationError, c.get_tag_properties(repository, "v1"))
        equal(error.status_code, 401)
    equal(rule["hits"], 1)
    equal((await c.get_tag_properties(repository, "v1")).name, "v1", "afterwards")


@case("fault: a download that breaks off is no success")
async def cut(s, c):
    repository = s.repository("faults/cut")
    data = noise(6 * MIB, "cut")
    await c.upload_blob(repository, io.BytesIO(data))
    # The storage host knows blobs, but not whose they are.
    async with s.fault(None, ["download_blob"], {"cutAnswer": {"afterBytes": MIB}}) as rule:
        # The SDK does not try the rest of an answer again.
        await raises((IncompleteReadError, ServiceResponseError), _download(c, repository, digest(data)))
    holds(rule["hits"] >= 1, "the fault did not act")
    equal(digest(await _download(c, repository, digest(data))), digest(data), "afterwards")


async def _download(c, repository, name):
    return await read(await c.download_blob(repository, name))


@case("fault: other bytes than asked for are noticed")
async def wrong_bytes(s, c):
    repository = s.repository("faults/bytes")
    image = Image("bytes")
    await image.push(c, repository, "v1")
    name = digest(image.layers[0])
    wrong = {"wrongBytes": {"atByte": 10}}
    async with s.fault(None, ["download_blob"], wrong) as rule:
        await raises(DigestValidationError, _download(c, repository, name))
    equal(rule["hits"], 1)


@case("fault: another digest than the bytes' is noticed")
async def wrong_digest(s, c):
    repository = s.repository("faults/digest")
    image = Image("digest")
    await image.push(c, repository, "v1")
    operations = ["put_manifest", "get_manifest", "complete_upload"]
    async with s.fault(repository, operations, {"wrongDigest": {}}) as rule:
        for call in [
            c.get_manifest(repository, "v1"),
            c.set_manifest(repository, image.manifest, tag="v2"),
            c.upload_blob(repository, io.BytesIO(b"digest")),
        ]:
            await raises(DigestValidationError, call)
    equal(rule["hits"], 3)
