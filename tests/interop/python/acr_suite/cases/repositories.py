"""Repositories: list, properties, delete."""

from datetime import datetime, timedelta, timezone

from azure.containerregistry import RepositoryProperties
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from ..flavours import code, gather, pages, raises
from ..harness import case, equal, holds
from ..images import Image

FLAGS = ["can_delete", "can_list", "can_read", "can_write"]


def flags(properties):
    return {name: getattr(properties, name) for name in FLAGS}


@case("list repositories: all, in order, by page, from a name on")
async def listing(s, c):
    wanted = [s.repository(f"list/{name}") for name in ["a", "b", "c", "c-1", "d"]]
    for name in reversed(wanted):
        await Image(name).push(c, name, "v1")

    everything = await gather(c.list_repository_names())
    equal(everything, sorted(everything), "order")
    holds(set(wanted) <= set(everything), f"{wanted} not in {everything}")

    paged = await pages(c.list_repository_names(results_per_page=2))
    equal([name for page in paged for name in page], everything, "by page")
    equal({len(page) for page in paged[:-1]}, {2}, "page sizes")
    holds(1 <= len(paged[-1]) <= 2, f"last page: {paged[-1]}")

    after = await gather(c.list_repository_names(last=wanted[0], results_per_page=3))
    equal(after, everything[everything.index(wanted[0]) + 1 :], "after a name")


@case("list repositories: a continuation goes on where a page ended")
async def continuation(s, c):
    for name in ["a", "b", "c"]:
        await Image(name).push(c, s.repository(f"next/{name}"), "v1")
    everything = await gather(c.list_repository_names())
    # Only the page iterator has the token; it stands in the private field of both flavours.
    first = c.list_repository_names(results_per_page=1)
    inner = getattr(first, "_pages", first).by_page()
    page = next(inner) if s.flavour == "sync" else await anext(inner)
    got = list(page) if s.flavour == "sync" else await gather(page)
    equal(got, everything[:1])
    token = inner.continuation_token
    holds(token.startswith("/acr/v1/_catalog?"), f"token {token}")
    rest = await pages(c.list_repository_names(), token)
    equal(rest, [[name] for name in everything[1:]], "the pages after it")


@case("list repositories: cls and error_map")
async def hooks(s, c):
    got = await gather(c.list_repository_names(cls=lambda names: [n.upper() for n in names]))
    equal(got, [name.upper() for name in await gather(c.list_repository_names())])

    class Mine(HttpResponseError):
        pass

    async with s.client(s.credential("eyJhbGciOiJub25lIn0.eyJleHAiOjF9.AA")) as client:
        # Even a map of one's own does not reach the token endpoint, which the SDK asks by itself.
        error = await raises(HttpResponseError, client.list_repository_names(error_map={401: Mine}))
        equal((type(error) is Mine, error.status_code), (False, 401))
    fault = {"status": {"status": 403, "code": "DENIED", "message": "no"}}
    async with s.fault(None, ["list_repositories"], fault):
        error = await raises(Mine, c.list_repository_names(error_map={403: Mine}))
        equal(error.status_code, 403)


@case("repository properties")
async def properties(s, c):
    repository = s.repository("properties")
    start = datetime.now(timezone.utc) - timedelta(seconds=1)
    for number in range(3):
        await Image(f"p{number}").push(c, repository, f"v{number}")
    await c.set_manifest(repository, Image("p0").manifest, tag="again")
    got = await c.get_repository_properties(repository)
    equal((got.name, got.manifest_count, got.tag_count), (repository, 3, 4))
    equal(flags(got), dict.fromkeys(FLAGS, True))
    holds(start <= got.created_on <= got.last_updated_on, f"{got.created_on} {start}")


@case("repository properties: each flag by keyword and by object")
async def update(s, c):
    repository = s.repository("update")
    await Image("u").push(c, repository, "v1")
    for flag in FLAGS:
        got = await c.update_repository_properties(repository, **{flag: False})
        equal(flags(got), dict.fromkeys(FLAGS, True) | {flag: False}, "answer")
        equal(flags(await c.get_repository_properties(repository)), flags(got), "read back")
        got = await c.update_repository_properties(repository, **{flag: True})
        equal(flags(got), dict.fromkeys(FLAGS, True), "back")
    off = dict.fromkeys(FLAGS, False)
    got = await c.update_repository_properties(repository, RepositoryProperties(**off))
    equal(flags(got), off, "by object")
    equal((got.name, got.tag_count), (repository, 1))
    # A keyword is stronger than the object.
    got = await c.update_repository_properties(
        repository, RepositoryProperties(**off), can_read=True
    )
    equal(flags(got), off | {"can_read": True})
    on = dict.fromkeys(FLAGS, True)
    equal(flags(await c.update_repository_properties(repository, **on)), on)


@case("repository properties of what is not there")
async def unknown(s, c):
    repository = s.repository("nothing")
    for call in [
        c.get_repository_properties(repository),
        c.update_repository_properties(repository, can_read=False),
    ]:
        error = await raises(ResourceNotFoundError, call)
        equal((error.status_code, await code(error)), (404, "NAME_UNKNOWN"))


@case("delete repository, and what is not there")
async def delete(s, c):
    repository = s.repository("delete")
    await Image("d").push(c, repository, "v1")
    holds(repository in await gather(c.list_repository_names()), "not there before")
    equal(await c.delete_repository(repository), None)
    holds(repository not in await gather(c.list_repository_names()), "still listed")
    await raises(ResourceNotFoundError, c.get_manifest(repository, "v1"))
    equal(await c.delete_repository(repository), None, "the second time")
