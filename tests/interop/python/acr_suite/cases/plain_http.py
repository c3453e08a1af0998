"""The SDK over plain http, as far as it goes there."""

import io

from azure.core.exceptions import ServiceRequestError

from ..flavours import gather, raises, read
from ..harness import case, equal, holds
from ..images import Image, digest, noise


@case("http: refused, unless a call says otherwise")
async def plain(s):
    repository = s.repository("plain")
    image, data = Image("plain"), noise(3000, "plain")
    plainly = {"enforce_https": False}
    async with s.client(endpoint=s.env.http_endpoint) as client:
        error = await raises(ServiceRequestError, client.get_tag_properties(repository, "v1"))
        holds("not permitted for non-TLS" in str(error), str(error))
        for blob in [image.config, *image.layers, data]:
            name, size = await client.upload_blob(repository, io.BytesIO(blob), **plainly)
            equal((name, size), (digest(blob), len(blob)))
        name = await client.set_manifest(repository, image.manifest, tag="v1", **plainly)
        equal(name, image.digest)
        tags = await gather(client.list_tag_properties(repository, **plainly))
        equal([(tag.name, tag.digest) for tag in tags], [("v1", image.digest)])
        got = await read(await client.download_blob(repository, digest(data), **plainly))
        equal(got, data)
        by_digest = await client.get_manifest_properties(repository, image.digest, **plainly)
        equal(by_digest.tags, ["v1"])
        # By tag the SDK looks the digest up first, and forgets what the call said.
        await raises(
            ServiceRequestError, client.get_manifest_properties(repository, "v1", **plainly)
        )
        await client.delete_repository(repository, **plainly)
        holds(repository not in await gather(client.list_repository_names(**plainly)), "listed")
