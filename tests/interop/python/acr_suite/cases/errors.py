"""What the documents on troubleshooting speak of."""

import io

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from ..flavours import body, code, gather, raises, read
from ..harness import case, equal, holds
from ..images import MIB, Image, digest, noise


@case("errors name their code, message and detail")
async def names(s, c):
    repository = s.repository("errors/names")
    await Image("e").push(c, repository, "v1")
    error = await raises(ResourceNotFoundError, c.get_tag_properties(repository, "v2"))
    equal(await body(error), {"code": "TAG_UNKNOWN", "message": "the specified tag does not exist"})
    error = await raises(ResourceNotFoundError, c.get_manifest(repository, "v2"))
    message = 'manifest tagged by "v2" is not found'
    wanted = {"code": "MANIFEST_UNKNOWN", "message": message, "detail": {"Tag": "v2"}}
    equal(await body(error), wanted)
    # What is neither not found nor unauthorized, the SDK makes a model of.
    await c.update_tag_properties(repository, "v1", can_delete=False)
    error = await raises(HttpResponseError, c.delete_tag(repository, "v1"))
    equal(error.model.errors[0].code, "REGISTRY_DISALLOWED_OPERATION")
    await c.update_tag_properties(repository, "v1", can_delete=True)


@case("a name that no repository can have")
async def bad_name(s, c):
    error = await raises(HttpResponseError, c.get_repository_properties("UPPER/Case"))
    equal(error.status_code, 404)
    holds("page not found" in error.response.text(), error.response.text())


@case("a locked repository takes nothing")
async def locked(s, c):
    repository = s.repository("errors/locked")
    image = Image("locked")
    await image.push(c, repository, "v1")
    await c.update_repository_properties(repository, can_write=False)
    for call in [
        c.set_manifest(repository, image.manifest, tag="v2"),
        c.delete_tag(repository, "v1"),
        c.delete_repository(repository),
    ]:
        error = await raises(HttpResponseError, call)
        equal((error.status_code, await code(error)), (405, "REGISTRY_DISALLOWED_OPERATION"))
    equal([tag.name for tag in await gather(c.list_tag_properties(repository))], ["v1"])
    await c.update_repository_properties(repository, can_write=True)
    await c.delete_repository(repository)
    await raises(ResourceNotFoundError, c.get_repository_properties(repository))


@case("an upload whose session is gone: BLOB_UPLOAD_INVALID, then again from the start")
async def upload_invalid(s, c):
    repository = s.repository("errors/upload")
    data = noise(9 * MIB, "upload")
    fault = {"status": {"status": 404, "code": "BLOB_UPLOAD_INVALID", "message": "gone"}}
    async with s.fault(repository, ["upload_chunk"], fault, nth=2) as rule:
        stream = io.BytesIO(data)
        error = await raises(HttpResponseError, c.upload_blob(repository, stream))
        equal((error.status_code, await code(error)), (404, "BLOB_UPLOAD_INVALID"))
        stream.seek(0)
        equal(await c.upload_blob(repository, stream), (digest(data), len(data)))
    equal(rule["hits"], 1)
    equal(digest(await read(await c.download_blob(repository, digest(data)))), digest(data))
