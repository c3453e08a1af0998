"""Properties of manifests: list, get, update, delete."""

from datetime import datetime, timedelta, timezone

from azure.containerregistry import (
    ArtifactArchitecture,
    ArtifactManifestOrder,
    ArtifactManifestProperties,
    ArtifactOperatingSystem,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from ..flavours import code, gather, pages, raises
from ..harness import case, equal, holds
from ..images import DOCKER_LIST, Image, digest, encode, index
from .repositories import FLAGS, flags


async def pushed(c, repository, count):
    """Images pushed one after another, oldest first."""
    images = [Image(f"{repository} {number}") for number in range(count)]
    for number, image in enumerate(images):
        equal(await image.push(c, repository, f"v{number}"), image.digest, "digest")
    return images


@case("list manifests: orders, pages, from a digest on")
async def listing(s, c):
    repository = s.repository("manifests/list")
    oldest_first = [image.digest for image in await pushed(c, repository, 5)]

    async def digests(**options):
        return [m.digest for m in await gather(c.list_manifest_properties(repository, **options))]

    by_name = await digests()
    equal(by_name, sorted(oldest_first), "without an order")
    newest_first = oldest_first[::-1]
    equal(await digests(order_by=ArtifactManifestOrder.LAST_UPDATED_ON_ASCENDING), oldest_first)
    equal(await digests(order_by=ArtifactManifestOrder.LAST_UPDATED_ON_DESCENDING), newest_first)
    equal(await digests(order_by="timedesc"), newest_first, "as text")
    equal(await digests(order_by=ArtifactManifestOrder.NONE), by_name, "none")
    equal(await digests(last=by_name[1]), by_name[2:], "after a digest")

    for order, wanted in [("timeasc", oldest_first), ("timedesc", newest_first), (None, by_name)]:
        options = {"order_by": order} if order else {}
        got = await pages(c.list_manifest_properties(repository, results_per_page=2, **options))
        equal([[m.digest for m in page] for page in got], [wanted[:2], wanted[2:4], wanted[4:]])


@case("list manifests: cls and error_map")
async def hooks(s, c):
    repository = s.repository("manifests/hooks")
    images = await pushed(c, repository, 2)
    got = await gather(
        c.list_manifest_properties(repository, cls=lambda found: [each.size for each in found])
    )
    equal(sorted(got), sorted(image.size for image in images))

    class Mine(HttpResponseError):
        pass

    missing = s.repository("manifests/nothing")
    error = await raises(Mine, c.list_manifest_properties(missing, error_map={404: Mine}))
    equal((error.status_code, await code(error)), (404, "NAME_UNKNOWN"))
    await raises(ResourceNotFoundError, c.list_manifest_properties(missing))


@case("manifest properties by tag and by digest")
async def properties(s, c):
    repository = s.repository("manifests/get")
    start = datetime.now(timezone.utc) - timedelta(seconds=1)
    image = Image("properties", architecture="arm64", os="windows", layers=2)
    await image.push(c, repository, "one")
    await c.set_manifest(repository, image.manifest, tag="two")
    host = s.env.endpoint.removeprefix("https://")
    listed = await gather(c.list_manifest_properties(repository))
    for reference in ["one", "two", image.digest]:
        got = await c.get_manifest_properties(repository, reference)
        equal(got.digest, image.digest)
        equal(got.architecture, ArtifactArchitecture.ARM64)
        equal(got.operating_system, ArtifactOperatingSystem.WINDOWS)
        equal(got.size_in_bytes, image.size)
        equal(got.repository_name, repository)
        equal(sorted(got.tags), ["one", "two"])
        equal(flags(got), dict.fromkeys(FLAGS, True))
        holds(start <= got.created_on <= got.last_updated_on, f"{got.created_on} {start}")
        # The SDK cuts the algorithm off: this is no reference that anybody could pull.
        wanted = f"{host}/{repository}@{image.digest.removeprefix('sha256:')}"
        equal(got.fully_qualified_reference, wanted)
        equal([vars(each) for each in listed], [vars(got)], "as listed")


@case("manifest properties: architectures that the SDK knows, and one that it does not")
async def platforms(s, c):
    repository = s.repository("manifests/platforms")
    known = [(each.value, ArtifactArchitecture(each.value)) for each in ArtifactArchitecture]
    for name, wanted in [*known, ("loong64", "loong64")]:
        await Image(name, architecture=name, os="linux").push(c, repository, name)
        got = await c.get_manifest_properties(repository, name)
        equal((got.architecture, got.operating_system), (wanted, ArtifactOperatingSystem.LINUX))
    for system in ArtifactOperatingSystem:
        await Image(system.value, os=system.value).push(c, repository, "os-" + system.value)
        got = await c.get_manifest_properties(repository, "os-" + system.value)
        equal(got.operating_system, ArtifactOperatingSystem(system.value))


@case("manifest properties of a list have no platform")
async def of_a_list(s, c):
    repository = s.repository("manifests/index")
    images = [Image(name, architecture=name, docker=True) for name in ["amd64", "arm64"]]
    for image in images:
        await image.push(c, repository)
    both = index(images, docker=True)
    pushed_digest = await c.set_manifest(repository, both, tag="all", media_type=DOCKER_LIST)
    equal(pushed_digest, digest(encode(both)))
    got = await c.get_manifest_properties(repository, "all")
    equal((got.digest, got.tags), (pushed_digest, ["all"]))
    equal((got.architecture, got.operating_system), (None, None))
    untagged = await c.get_manifest_properties(repository, images[0].digest)
    equal(untagged.tags, None)


@case("manifest properties: each flag by keyword and by object, by tag and by digest")
async def update(s, c):
    repository = s.repository("manifests/update")
    [image] = await pushed(c, repository, 1)
    before = await c.get_manifest_properties(repository, "v0")
    for reference in ["v0", image.digest]:
        for flag in FLAGS:
            got = await c.update_manifest_properties(repository, reference, **{flag: False})
            equal(flags(got), dict.fromkeys(FLAGS, True) | {flag: False})
            # A manifest that may not be listed or read still has properties.
            again = await c.get_manifest_properties(repository, image.digest)
            equal((flags(again), again.digest), (flags(got), image.digest))
            got = await c.update_manifest_properties(repository, reference, **{flag: True})
            equal(flags(got), dict.fromkeys(FLAGS, True))
        off = dict.fromkeys(FLAGS, False)
        got = await c.update_manifest_properties(
            repository, reference, ArtifactManifestProperties(**off)
        )
        equal(flags(got), off)
        await c.update_manifest_properties(repository, reference, **dict.fromkeys(FLAGS, True))
    after = await c.get_manifest_properties(repository, "v0")
    equal(after.last_updated_on, before.last_updated_on, "flags are no update")


@case("manifest properties of what is not there")
async def unknown(s, c):
    repository = s.repository("manifests/unknown")
    await pushed(c, repository, 1)
    nothing = "sha256:" + 64 * "0"
    for reference, wanted in [(nothing, "MANIFEST_UNKNOWN"), ("nothing", "TAG_UNKNOWN")]:
        error = await raises(
            ResourceNotFoundError, c.get_manifest_properties(repository, reference)
        )
        equal((error.status_code, await code(error)), (404, wanted))
        error = await raises(
            ResourceNotFoundError,
            c.update_manifest_properties(repository, reference, can_read=False),
        )
        equal((error.status_code, await code(error)), (404, wanted))


@case("delete manifest by digest and by tag, and what is not there")
async def delete(s, c):
    repository = s.repository("manifests/delete")
    images = await pushed(c, repository, 3)
    equal(await c.delete_manifest(repository, images[0].digest), None)
    equal(await c.delete_manifest(repository, "v1"), None)
    left = await gather(c.list_manifest_properties(repository))
    equal([each.digest for each in left], [images[2].digest])
    equal([tag.name for tag in await gather(c.list_tag_properties(repository))], ["v2"])
    # By digest nothing is raised; by tag the SDK looks the tag up first, and raises.
    equal(await c.delete_manifest(repository, images[0].digest), None)
    await raises(ResourceNotFoundError, c.delete_manifest(repository, "v1"))
    equal((await c.get_repository_properties(repository)).manifest_count, 1)
