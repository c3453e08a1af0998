"""What the SDK's samples do, each looked at from the other side when it is done."""

import io
import json

from azure.containerregistry import ArtifactManifestOrder, ArtifactTagOrder
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
)

from ..flavours import code, gather, raises, read
from ..harness import case, equal, holds
from ..images import DOCKER_LIST, DOCKER_MANIFEST, Image, digest, encode, index, noise


@case("sample: hello world")
async def hello_world(s, c):
    """Lists repositories with their tags, then deletes one."""
    repository = s.repository("hello-world")
    for tag in ["latest", "v1", "v2"]:
        await Image(f"hello {tag}").push(c, repository, tag)
    found = {}
    async for name in c.list_repository_names():
        if name.startswith(s.repository("hello-world")):
            found[name] = [tag.name async for tag in c.list_tag_properties(name)]
    equal(found, {repository: ["latest", "v1", "v2"]})
    await c.delete_repository(repository)
    holds(repository not in await gather(c.list_repository_names()), "still listed")


@case("sample: anonymous list tags")
async def list_tags(s, c):
    repository = s.repository("anonymous")
    image = Image("anonymous")
    await image.push(c, repository, "v1")
    async with s.anonymous() as client:
        manifest = await client.get_manifest_properties(repository, "v1")
        equal((manifest.digest, manifest.tags), (image.digest, ["v1"]))
        tags = [tag.name async for tag in client.list_tag_properties(repository)]
        equal(tags, ["v1"])
        got = await read(await client.download_blob(repository, digest(image.layers[0])))
        equal(got, image.layers[0])
        # To read is all that it may.
        for call in [
            client.delete_tag(repository, "v1"),
            client.delete_repository(repository),
            client.update_tag_properties(repository, "v1", can_write=False),
            client.upload_blob(repository, io.BytesIO(b"x")),
        ]:
            error = await raises(ClientAuthenticationError, call)
            equal(error.status_code, 401)
    equal((await c.get_tag_properties(repository, "v1")).can_write, True)


@case("sample: set image properties")
async def set_image_properties(s, c):
    """A tag and a manifest are locked; what is locked stays."""
    repository = s.repository("lock")
    image, other = Image("locked"), Image("other")
    await image.push(c, repository, "v1")
    await other.push(c, repository)
    await c.update_manifest_properties(repository, "v1", can_write=False, can_delete=False)
    await c.update_tag_properties(repository, "v1", can_write=False, can_delete=False)
    for call in [
        c.delete_tag(repository, "v1"),
        c.delete_manifest(repository, image.digest),
        c.delete_manifest(repository, "v1"),
        c.set_manifest(repository, other.manifest, tag="v1"),
    ]:
        error = await raises(HttpResponseError, call)
        equal((error.status_code, await code(error)), (405, "REGISTRY_DISALLOWED_OPERATION"))
    equal((await c.get_tag_properties(repository, "v1")).digest, image.digest)
    await c.update_tag_properties(repository, "v1", can_write=True, can_delete=True)
    await c.update_manifest_properties(repository, "v1", can_write=True, can_delete=True)
    await c.delete_manifest(repository, "v1")
    equal([m.digest async for m in c.list_manifest_properties(repository)], [other.digest])


@case("a manifest that may not be read, and one that is not listed")
async def unreadable(s, c):
    repository = s.repository("unread")
    images = [Image("shown"), Image("hidden")]
    for image in images:
        await image.push(c, repository, f"v{images.index(image)}")
    await c.update_manifest_properties(repository, "v1", can_list=False)
    shown = [m.digest async for m in c.list_manifest_properties(repository)]
    equal(shown, [images[0].digest])
    equal((await c.get_manifest(repository, images[1].digest)).digest, images[1].digest)
    await c.update_manifest_properties(repository, "v0", can_read=False)
    error = await raises(HttpResponseError, c.get_manifest(repository, images[0].digest))
    equal((error.status_code, await code(error)), (405, "REGISTRY_DISALLOWED_OPERATION"))


@case("sample: delete images, all but the three newest")
async def delete_images(s, c):
    repository = s.repository("purge")
    images = [Image(f"purge {number}") for number in range(6)]
    for number, image in enumerate(images):
        await image.push(c, repository, f"v{number}")
    await c.update_manifest_properties(repository, "v1", can_write=False, can_delete=False)
    count = 0
    newest_first = c.list_manifest_properties(
        repository, order_by=ArtifactManifestOrder.LAST_UPDATED_ON_DESCENDING
    )
    for manifest in await gather(newest_first):
        count += 1
        if count > 3:
            await c.update_manifest_properties(
                repository, manifest.digest, can_write=True, can_delete=True
            )
            await c.delete_manifest(repository, manifest.digest)
    left = {m.digest async for m in c.list_manifest_properties(repository)}
    equal(left, {image.digest for image in images[3:]})
    tags = [tag.name async for tag in c.list_tag_properties(repository)]
    equal(tags, ["v3", "v4", "v5"], "tags go with their manifests")


@case("sample: delete old tags, all but the three newest")
async def delete_tags(s, c):
    repository = s.repository("old-tags")
    image = Image("old tags")
    for number in range(6):
        await image.push(c, repository, f"v{number}")
    listing = c.list_tag_properties(
        repository, order_by=ArtifactTagOrder.LAST_UPDATED_ON_DESCENDING
    )
    newest_first = await gather(listing)
    for tag in newest_first[3:]:
        await c.delete_tag(repository, tag.name)
    equal([tag.name async for tag in c.list_tag_properties(repository)], ["v3", "v4", "v5"])
    properties = await c.get_manifest_properties(repository, image.digest)
    equal(sorted(properties.tags), ["v3", "v4", "v5"])


@case("sample: upload, download and delete an image")
async def set_get_image(s, c):
    repository = s.repository("image")
    layer, config = noise(20_000, "layer"), b'{"architecture":"amd64","os":"linux"}'
    layer_digest, layer_size = await c.upload_blob(repository, io.BytesIO(layer))
    config_digest, config_size = await c.upload_blob(repository, io.BytesIO(config))
    manifest = {
        "config": {
            "digest": config_digest,
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "sizeInBytes": config_size,
            "size": config_size,
        },
        "schemaVersion": 2,
        "layers": [
            {
                "digest": layer_digest,
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "size": layer_size,
                "annotations": {"org.opencontainers.image.ref.name": "artifact.txt"},
            }
        ],
    }
    name = await c.set_manifest(repository, manifest, tag="latest")
    equal(name, digest(encode(manifest)))

    got = await c.get_manifest(repository, "latest")
    equal((got.digest, got.manifest), (name, manifest))
    blobs = {}
    for part in [got.manifest["config"], *got.manifest["layers"]]:
        async with await c.download_blob(repository, part["digest"]) as stream:
            blobs[part["digest"]] = await read(stream)
    equal(blobs, {layer_digest: layer, config_digest: config})

    await c.delete_blob(repository, layer_digest)
    await raises(ResourceNotFoundError, c.download_blob(repository, layer_digest))
    await c.delete_manifest(repository, got.digest)
    await raises(ResourceNotFoundError, c.get_manifest(repository, "latest"))


@case("sample: docker manifest and list")
async def docker_manifest(s, c):
    repository = s.repository("docker")
    images = [Image(f"docker-{a}", architecture=a, docker=True) for a in ["amd64", "arm64"]]
    for image in images:
        for blob in [image.config, *image.layers]:
            await c.upload_blob(repository, io.BytesIO(blob))
        stream = io.BytesIO(image.bytes)
        name = await c.set_manifest(repository, stream, media_type=DOCKER_MANIFEST)
        equal(name, image.digest)
    both = index(images, docker=True)
    await c.set_manifest(repository, both, tag="sample", media_type=DOCKER_LIST)
    got = await c.get_manifest(repository, "sample")
    equal((got.media_type, got.manifest), (DOCKER_LIST, both))
    for child in got.manifest["manifests"]:
        one = await c.get_manifest(repository, child["digest"])
        equal(one.media_type, DOCKER_MANIFEST)
        config = await read(await c.download_blob(repository, one.manifest["config"]["digest"]))
        equal(json.loads(config)["architecture"], child["platform"]["architecture"])
