"""Tags: list, properties, delete."""

from datetime import datetime, timedelta, timezone

from azure.containerregistry import ArtifactTagOrder, ArtifactTagProperties
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from ..flavours import code, gather, pages, raises
from ..harness import case, equal, holds
from ..images import Image
from .repositories import FLAGS, flags


@case("list tags: orders, pages, from a tag on, of one digest")
async def listing(s, c):
    repository = s.repository("tags/list")
    images = [Image("first"), Image("second")]
    oldest_first = ["zeta", "Alpha", "v10", "v2", "beta"]
    for number, tag in enumerate(oldest_first):
        await images[number % 2].push(c, repository, tag)

    async def names(**options):
        return [tag.name for tag in await gather(c.list_tag_properties(repository, **options))]

    by_name = sorted(oldest_first)
    newest_first = oldest_first[::-1]
    equal(await names(), by_name)
    equal(await names(order_by=ArtifactTagOrder.LAST_UPDATED_ON_ASCENDING), oldest_first)
    equal(await names(order_by=ArtifactTagOrder.LAST_UPDATED_ON_DESCENDING), newest_first)
    equal(await names(order_by="timeasc"), oldest_first, "as text")
    equal(await names(order_by=ArtifactTagOrder.NONE), by_name)
    equal(await names(last="beta"), ["v10", "v2", "zeta"], "after a tag")
    equal(await names(digest=images[1].digest), ["Alpha", "v2"], "of a digest")
    equal(await names(digest=images[0].digest, order_by="timedesc"), ["beta", "v10", "zeta"])

    for order, wanted in [("timeasc", oldest_first), ("timedesc", newest_first), (None, by_name)]:
        options = {"order_by": order} if order else {}
        got = await pages(c.list_tag_properties(repository, results_per_page=2, **options))
        equal([[t.name for t in page] for page in got], [wanted[:2], wanted[2:4], wanted[4:]])
    # The filter is not lost with the first page.
    got = await pages(
        c.list_tag_properties(repository, results_per_page=2, digest=images[0].digest)
    )
    equal([[t.name for t in page] for page in got], [["beta", "v10"], ["zeta"]])


@case("list tags: cls and error_map")
async def hooks(s, c):
    repository = s.repository("tags/hooks")
    await Image("hooks").push(c, repository, "v1")
    got = await gather(
        c.list_tag_properties(repository, cls=lambda found: [(t.name, t.digest) for t in found])
    )
    equal(got, [("v1", Image("hooks").digest)])

    class Mine(HttpResponseError):
        pass

    missing = s.repository("tags/nothing")
    await raises(Mine, c.list_tag_properties(missing, error_map={404: Mine}))
    error = await raises(ResourceNotFoundError, c.list_tag_properties(missing))
    equal(await code(error), "NAME_UNKNOWN")


@case("list tags of a repository that has none")
async def none(s, c):
    repository = s.repository("tags/none")
    await Image("none").push(c, repository)
    equal(await gather(c.list_tag_properties(repository)), [])
    equal((await c.get_repository_properties(repository)).tag_count, 0)


@case("tag properties")
async def properties(s, c):
    repository = s.repository("tags/get")
    start = datetime.now(timezone.utc) - timedelta(seconds=1)
    image = Image("tag")
    await image.push(c, repository, "v1")
    got = await c.get_tag_properties(repository, "v1")
    # The SDK loses the repository's name between its own two functions.
    equal((got.name, got.digest, got.repository_name), ("v1", image.digest, None))
    equal(flags(got), dict.fromkeys(FLAGS, True))
    holds(start <= got.created_on <= got.last_updated_on, f"{got.created_on} {start}")
    [listed] = await gather(c.list_tag_properties(repository))
    equal(vars(listed), vars(got), "as listed")
    # A tag that moves keeps its birth.
    other = Image("other")
    await other.push(c, repository, "v1")
    moved = await c.get_tag_properties(repository, "v1")
    equal((moved.digest, moved.created_on), (other.digest, got.created_on))
    holds(moved.last_updated_on > got.last_updated_on, "no later time")


@case("tag properties: each flag by keyword and by object")
async def update(s, c):
    repository = s.repository("tags/update")
    await Image("tag").push(c, repository, "v1")
    for flag in FLAGS:
        got = await c.update_tag_properties(repository, "v1", **{flag: False})
        equal(flags(got), dict.fromkeys(FLAGS, True) | {flag: False})
        equal(flags(await c.get_tag_properties(repository, "v1")), flags(got), "read back")
        got = await c.update_tag_properties(repository, "v1", **{flag: True})
        equal(flags(got), dict.fromkeys(FLAGS, True))
    off = dict.fromkeys(FLAGS, False)
    got = await c.update_tag_properties(repository, "v1", ArtifactTagProperties(**off))
    equal((flags(got), got.name), (off, "v1"))
    await c.update_tag_properties(repository, "v1", **dict.fromkeys(FLAGS, True))


@case("tag properties of what is not there")
async def unknown(s, c):
    repository = s.repository("tags/unknown")
    await Image("tag").push(c, repository, "v1")
    for call in [
        c.get_tag_properties(repository, "v2"),
        c.update_tag_properties(repository, "v2", can_read=False),
    ]:
        error = await raises(ResourceNotFoundError, call)
        equal((error.status_code, await code(error)), (404, "TAG_UNKNOWN"))


@case("delete tag, and what is not there")
async def delete(s, c):
    repository = s.repository("tags/delete")
    image = Image("tag")
    await image.push(c, repository, "v1")
    await c.set_manifest(repository, image.manifest, tag="v2")
    equal(await c.delete_tag(repository, "v1"), None)
    equal([tag.name for tag in await gather(c.list_tag_properties(repository))], ["v2"])
    equal((await c.get_manifest(repository, image.digest)).digest, image.digest, "only untagged")
    equal(await c.delete_tag(repository, "v1"), None, "the second time")
    equal(await c.delete_tag(s.repository("tags/nothing"), "v1"), None, "without a repository")
