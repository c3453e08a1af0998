"""Making clients."""

import certifi
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from ..flavours import gather, raises
from ..harness import case, equal, holds
from ..images import Image


@case("create client: endpoint with and without its scheme")
async def endpoints(s, c):
    await Image("endpoint").push(c, s.repository("endpoint"), "v1")
    for endpoint in [s.env.endpoint, s.env.endpoint.removeprefix("https://")]:
        async with s.client(endpoint=endpoint) as client:
            tag = await client.get_tag_properties(s.repository("endpoint"), "v1")
            equal(tag.digest, Image("endpoint").digest)


@case("create client: api_version")
async def api_version(s, c):
    seen = []

    def look(response):
        seen.append(response.http_request.url)

    await Image("version").push(c, s.repository("version"), "v1")
    for version in ["2019-08-15-preview", "2021-07-01"]:
        async with s.client(api_version=version) as client:
            got = await client.get_tag_properties(
                s.repository("version"), "v1", raw_response_hook=look
            )
            equal(got.digest, Image("version").digest)
            holds(f"api-version={version}" in seen[-1], f"asked {seen[-1]}")
    error = await raises(ValueError, lambda: s.client(api_version="2020-01-01"))
    holds("2021-07-01" in str(error), f"no hint at what is supported: {error}")


@case("create client: audience of every cloud")
async def audiences(s, c):
    await Image("cloud").push(c, s.repository("cloud"), "v1")
    clouds = [
        {},
        {"audience": "https://management.azure.com"},
        {"audience": "https://management.chinacloudapi.cn"},
        {"audience": "https://management.usgovcloudapi.net"},
    ]
    for cloud in clouds:
        credential = s.credential()
        async with s.client(credential, **cloud) as client:
            got = await client.get_repository_properties(s.repository("cloud"))
            equal(got.name, s.repository("cloud"))
        audience = cloud.get("audience", "https://containerregistry.azure.net")
        equal(set(credential.asked), {(audience + "/.default",)}, "scopes asked of Entra")


@case("create client: a user agent of one's own")
async def user_agent(s, c):
    await Image("agent").push(c, s.repository("agent"), "v1")
    sent = []
    async with s.client(user_agent="my-tool/1.0") as client:
        await client.get_repository_properties(
            s.repository("agent"),
            headers={"x-ms-client-request-id": "mine"},
            raw_response_hook=lambda r: sent.append((r.http_request.headers, r.http_response)),
        )
    # Once for the challenge, once for the answer.
    equal([response.status_code for _, response in sent], [401, 200])
    headers, response = sent[-1]
    holds(headers["User-Agent"].startswith("my-tool/1.0 "), headers["User-Agent"])
    equal(headers["x-ms-client-request-id"], "mine")
    holds(response.headers["X-Ms-Correlation-Request-Id"], "no correlation id")


@case("create client: closed without a context")
async def closed(s, c):
    await Image("close").push(c, s.repository("close"), "v1")
    client = s.client()
    equal((await client.get_repository_properties(s.repository("close"))).tag_count, 1)
    await client.close()


@case("a certificate that is not trusted is refused")
async def untrusted(s):
    async with s.client(connection_verify=certifi.where(), retry_total=0) as client:
        error = await raises(ServiceRequestError, client.list_repository_names())
        holds("CERTIFICATE_VERIFY_FAILED" in str(error), str(error))


@case("an Entra token that has expired is refused")
async def expired(s):
    # {"alg":"none"} . {"exp":1} . any signature
    async with s.client(s.credential("eyJhbGciOiJub25lIn0.eyJleHAiOjF9.AA")) as client:
        error = await raises(ClientAuthenticationError, client.list_repository_names())
        equal(error.status_code, 401)
        holds("UNAUTHORIZED" in str(error), str(error))


@case("a call is challenged, and answered with both tokens")
async def token_flow(s, c):
    repository = s.repository("flow")
    await Image("flow").push(c, repository, "v1")
    async with s.client() as client:
        tags = await gather(client.list_tag_properties(repository))
    equal([tag.name for tag in tags], ["v1"])
    calls = [(each["operation"], each["status"], each["repository"]) for each in s.requests()]
    start = calls.index(("list_tags", 401, repository))
    wanted = [("exchange", 200, None), ("token", 200, None), ("list_tags", 200, repository)]
    equal(calls[start + 1 : start + 4], wanted)
