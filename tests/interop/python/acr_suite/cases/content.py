"""Manifests as content: set, get."""

import io
import json

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from ..flavours import body, code, raises
from ..harness import case, equal, holds
from ..images import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    MIB,
    OCI_INDEX,
    OCI_MANIFEST,
    Image,
    digest,
    encode,
    index,
)


async def same(c, repository, reference, data, media_type):
    """What is got is what was put."""
    got = await c.get_manifest(repository, reference)
    equal(got.media_type, media_type)
    equal(got.digest, digest(data))
    equal(got.manifest, json.loads(data))


@case("set manifest: a dict, with and without a tag")
async def as_dict(s, c):
    repository = s.repository("content/dict")
    image = Image("dict")
    equal(await image.push(c, repository), image.digest, "without a tag")
    equal((await c.get_repository_properties(repository)).tag_count, 0)
    equal(await c.set_manifest(repository, image.manifest, tag="v1"), image.digest)
    for reference in ["v1", image.digest]:
        await same(c, repository, reference, image.bytes, OCI_MANIFEST)


@case("set manifest: a stream keeps its bytes")
async def as_stream(s, c):
    repository = s.repository("content/stream")
    image = Image("stream")
    await image.push(c, repository)
    # Other white space, another digest.
    data = json.dumps(image.manifest, indent=3).encode()
    equal(await c.set_manifest(repository, io.BytesIO(data)), digest(data), "without a tag")
    equal(await c.set_manifest(repository, io.BytesIO(data), tag="v1"), digest(data))
    for reference in ["v1", digest(data)]:
        await same(c, repository, reference, data, OCI_MANIFEST)
    path = s.env.work / f"manifest-{s.flavour}.json"
    path.write_bytes(data + b"\n")
    with open(path, "rb") as file:
        equal(await c.set_manifest(repository, file, tag="file"), digest(data + b"\n"))
    equal((await c.get_repository_properties(repository)).manifest_count, 3)


@case("set manifest: docker image, docker list, OCI index")
async def types(s, c):
    repository = s.repository("content/types")
    docker = [Image(f"docker {a}", architecture=a, docker=True) for a in ["amd64", "arm"]]
    oci = [Image(f"oci {a}", architecture=a) for a in ["amd64", "arm"]]
    for image in docker:
        equal(await image.push(c, repository, "docker"), image.digest)
    await same(c, repository, "docker", docker[1].bytes, DOCKER_MANIFEST)
    for image in oci:
        await image.push(c, repository)
    lists = [
        ("list", DOCKER_LIST, index(docker, docker=True)),
        ("index", OCI_INDEX, index(oci)),
    ]
    for tag, media_type, manifest in lists:
        data = encode(manifest)
        equal(
            await c.set_manifest(repository, manifest, tag=tag, media_type=media_type), digest(data)
        )
        await same(c, repository, tag, data, media_type)
        await same(c, repository, digest(data), data, media_type)


@case("set manifest: an artifact with a type of its own and a subject")
async def artifact(s, c):
    repository = s.repository("content/artifact")
    image = Image("subject")
    await image.push(c, repository, "v1")
    empty = b"{}"
    await c.upload_blob(repository, io.BytesIO(empty))
    layer = b"a bill of materials"
    await c.upload_blob(repository, io.BytesIO(layer))
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "artifactType": "application/vnd.example.sbom",
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": digest(empty),
            "size": 2,
        },
        "layers": [{"mediaType": "text/plain", "digest": digest(layer), "size": len(layer)}],
        "subject": {
            "mediaType": OCI_MANIFEST,
            "digest": image.digest,
            "size": len(image.bytes),
        },
        "annotations": {"org.example.key": "ä value"},
    }
    seen = []
    got = await c.set_manifest(
        repository, manifest, raw_response_hook=lambda r: seen.append(r.http_response.headers)
    )
    equal(got, digest(encode(manifest)))
    equal(seen[-1]["OCI-Subject"], image.digest)
    await same(c, repository, got, encode(manifest), OCI_MANIFEST)
    properties = await c.get_manifest_properties(repository, got)
    equal((properties.architecture, properties.operating_system), (None, None))


@case("set manifest: a media type that no registry takes, and one that is not the body's")
async def wrong_type(s, c):
    repository = s.repository("content/wrong")
    image = Image("wrong")
    await image.push(c, repository)
    for media_type in ["application/vnd.example.manifest+json", DOCKER_MANIFEST]:
        error = await raises(
            HttpResponseError,
            c.set_manifest(repository, image.manifest, tag="v1", media_type=media_type),
        )
        equal((error.status_code, await code(error)), (400, "MANIFEST_INVALID"))
    await raises(ResourceNotFoundError, c.get_manifest(repository, "v1"))


@case("set manifest: a blob that is not there")
async def blob_unknown(s, c):
    image = Image("nobody pushed its blobs")
    error = await raises(
        HttpResponseError, c.set_manifest(s.repository("content/blobs"), image.manifest, tag="v1")
    )
    equal(await code(error), "MANIFEST_BLOB_UNKNOWN")


@case("set manifest: nothing")
async def nothing(s, c):
    error = await raises(ValueError, c.set_manifest(s.repository("content/nothing"), None))
    holds("cannot be None" in str(error), str(error))
    error = await raises(ValueError, c.set_manifest(None, Image("none").manifest))
    holds("cannot be None" in str(error), str(error))


@case("a manifest of 3.9 MB, and one of more than 4 MiB")
async def large(s, c):
    repository = s.repository("content/large")
    image = Image("large")
    await image.push(c, repository)
    manifest = dict(image.manifest)
    manifest["annotations"] = {"org.example.filler": "x" * 3_900_000}
    data = encode(manifest)
    equal(await c.set_manifest(repository, manifest, tag="large"), digest(data))
    await same(c, repository, "large", data, OCI_MANIFEST)
    manifest["annotations"] = {"org.example.filler": "x" * (4 * MIB)}
    error = await raises(HttpResponseError, c.set_manifest(repository, manifest, tag="too-large"))
    holds(400 <= error.status_code < 500, f"status {error.status_code}")
    equal((await c.get_repository_properties(repository)).tag_count, 1)


@case("get manifest: what is not there")
async def unknown(s, c):
    repository = s.repository("content/unknown")
    await Image("here").push(c, repository, "v1")
    for name in [repository, s.repository("content/no-repository")]:
        for reference in ["v2", "sha256:" + 64 * "0"]:
            error = await raises(ResourceNotFoundError, c.get_manifest(name, reference))
            told = await body(error)
            equal((error.status_code, told["code"]), (404, "MANIFEST_UNKNOWN"))
            holds("is not found" in told["message"], told["message"])
