"""Blobs: upload, download, delete."""

import io

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from ..flavours import code, raises, read
from ..harness import case, equal, holds
from ..images import MIB, digest, noise


@case("upload and download blobs of every size")
async def sizes(s, c):
    repository = s.repository("blobs/sizes")
    # The SDK cuts at 4 MiB; a last range reaches past the end and is clamped.
    for size in [1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 10 * MIB]:
        data = noise(size, f"{size}")
        equal(await c.upload_blob(repository, io.BytesIO(data)), (digest(data), size))
        got = await read(await c.download_blob(repository, digest(data)))
        equal((len(got), digest(got)), (size, digest(data)))


@case("upload of an empty blob")
async def empty(s, c):
    repository = s.repository("blobs/empty")
    equal(await c.upload_blob(repository, io.BytesIO()), (digest(b""), 0))
    # Its download fails in the SDK: it asks for a range, and of nothing there is none.
    error = await raises(HttpResponseError, c.download_blob(repository, digest(b"")))
    equal(error.status_code, 416)


@case("upload and download by way of files")
async def files(s, c):
    repository = s.repository("blobs/files")
    source, target = (s.env.work / f"{name}-{s.flavour}" for name in ["source", "target"])
    data = noise(5 * MIB, "file")
    source.write_bytes(data)
    with open(source, "rb") as file:
        name, size = await c.upload_blob(repository, file)
    equal((name, size), (digest(data), len(data)))
    async with await c.download_blob(repository, name) as stream:
        with open(target, "wb") as file:
            async for piece in stream:
                file.write(piece)
    equal(digest(target.read_bytes()), digest(data))


@case("upload of what is there already")
async def again(s, c):
    repository = s.repository("blobs/again")
    data = noise(3000, "again")
    for _ in range(2):
        equal(await c.upload_blob(repository, io.BytesIO(data)), (digest(data), 3000))
    equal(await read(await c.download_blob(repository, digest(data))), data)


@case("upload sends no body twice but to be challenged")
async def challenged(s, c):
    repository = s.repository("blobs/challenged")
    data = noise(100, "challenged")
    await c.upload_blob(repository, io.BytesIO(data))
    log = [each for each in s.requests() if each["repository"] == repository]
    equal(
        [(each["method"], each["status"]) for each in log],
        [("POST", 401), ("POST", 202), ("PATCH", 401), ("PATCH", 202), ("PUT", 401), ("PUT", 201)],
    )


@case("download: closed before its end")
async def closed(s, c):
    repository = s.repository("blobs/closed")
    data = noise(9 * MIB, "closed")
    await c.upload_blob(repository, io.BytesIO(data))
    stream = await c.download_blob(repository, digest(data))
    async for piece in stream:
        holds(piece and data.startswith(piece), "the first bytes are others")
        break
    await stream.close()
    equal(await read(await c.download_blob(repository, digest(data))), data, "afterwards")


@case("download: what is not there")
async def unknown(s, c):
    repository = s.repository("blobs/unknown")
    await c.upload_blob(repository, io.BytesIO(b"something"))
    error = await raises(ResourceNotFoundError, c.download_blob(repository, digest(b"other")))
    equal((error.status_code, await code(error)), (404, "BLOB_UNKNOWN"))
    # A blob is there for its own repository only.
    other = s.repository("blobs/other")
    await raises(ResourceNotFoundError, c.download_blob(other, digest(b"something")))
    error = await raises(HttpResponseError, c.download_blob(repository, "sha256:short"))
    holds(error.status_code in (400, 404), f"status {error.status_code}")


@case("upload: nothing")
async def nothing(s, c):
    error = await raises(ValueError, c.upload_blob(s.repository("blobs/nothing"), None))
    holds("cannot be None" in str(error), str(error))
    error = await raises(ValueError, c.upload_blob(None, io.BytesIO(b"x")))
    holds("cannot be None" in str(error), str(error))


@case("delete blob, and what is not there")
async def delete(s, c):
    repository = s.repository("blobs/delete")
    keep, drop = noise(50, "keep"), noise(50, "drop")
    for data in [keep, drop]:
        await c.upload_blob(repository, io.BytesIO(data))
    equal(await c.delete_blob(repository, digest(drop)), None)
    await raises(ResourceNotFoundError, c.download_blob(repository, digest(drop)))
    equal(await read(await c.download_blob(repository, digest(keep))), keep)
    equal(await c.delete_blob(repository, digest(drop)), None, "the second time")
    equal(await c.delete_blob(s.repository("blobs/never"), digest(drop)), None, "no repository")
