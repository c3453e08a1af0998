"""The two clients of the SDK behind one face: that of the asynchronous one."""

import inspect
import json
import os
import secrets
import time
import urllib.request
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import azure.containerregistry
import azure.containerregistry.aio
from azure.containerregistry import DownloadBlobStream
from azure.core.credentials import AccessToken
from azure.core.exceptions import ResponseNotReadError

from .coverage import Coverage
from .harness import Environment


class Credential:
    """What an application would get from Entra: any text. It keeps what was asked of it."""

    def __init__(self, token="an Entra token"):
        self.token = token
        self.asked = []

    def get_token(self, *scopes, **_):
        self.asked.append(scopes)
        return AccessToken(self.token, int(time.time()) + 3600)


class AsyncCredential(Credential):
    async def get_token(self, *scopes, **_):
        return super().get_token(*scopes)


class Pages:
    """An ItemPaged of the blocking client, to be walked with `async for`."""

    def __init__(self, pages):
        self._pages = pages

    async def __aiter__(self):
        for item in self._pages:
            yield item

    async def by_page(self, continuation_token=None):
        for page in self._pages.by_page(continuation_token):
            yield Items(page)


class Items:
    def __init__(self, items):
        self._items = items

    async def __aiter__(self):
        for item in self._items:
            yield item


class Download(Items):
    """The blocking DownloadBlobStream."""

    async def __aenter__(self):
        self._items.__enter__()
        return self

    async def __aexit__(self, *error):
        self._items.__exit__(*error)

    async def close(self):
        self._items.close()


class Client:
    """A client of either kind whose calls are noted."""

    def __init__(self, suite, *args, **kwargs):
        suite.coverage.note("__init__", args, kwargs)
        self._suite = suite
        self._client = suite.make(*args, **kwargs)

    def __getattr__(self, name):
        method = getattr(self._client, name)
        blocking = self._suite.flavour == "sync"
        lists = name.startswith("list_")

        def call(*args, **kwargs):
            self._suite.coverage.note(name, args, kwargs)
            if lists:
                listing = method(*args, **kwargs)
                return Pages(listing) if blocking else listing
            return _awaited(method, args, kwargs) if blocking else method(*args, **kwargs)

        return call

    async def __aenter__(self):
        if self._suite.flavour == "sync":
            self._client.__enter__()
        else:
            await self._client.__aenter__()
        return self

    async def __aexit__(self, *error):
        if self._suite.flavour == "sync":
            self._client.__exit__(*error)
        else:
            await self._client.__aexit__(*error)


async def _awaited(method, args, kwargs):
    """Calls when it is awaited, as the asynchronous client does."""
    answer = method(*args, **kwargs)
    return Download(answer) if isinstance(answer, DownloadBlobStream) else answer


@dataclass
class Suite:
    """One run over one flavour."""

    flavour: str
    env: Environment = field(default_factory=Environment.read)
    # So that a second run against the same emulator finds nothing of the first.
    run: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self):
        # The asynchronous client's anonymous token flow loses the client's options, and the CA with
        # them. aiohttp reads this when it is imported, which is when the first client is made.
        os.environ["SSL_CERT_FILE"] = self.env.ca
        package = azure.containerregistry if self.flavour == "sync" else azure.containerregistry.aio
        self.make = package.ContainerRegistryClient
        self.credential = Credential if self.flavour == "sync" else AsyncCredential
        self.coverage = Coverage(self.make)

    def client(self, credential=None, endpoint=None, **options):
        """A client with a credential, that trusts the emulator's CA."""
        options.setdefault("connection_verify", self.env.ca)
        credential = credential or self.credential()
        return Client(self, endpoint or self.env.endpoint, credential, **options)

    def anonymous(self):
        return Client(self, self.env.endpoint, connection_verify=self.env.ca)

    def repository(self, name):
        """A repository that no other case and no other suite touches."""
        return f"python/{self.flavour}-{self.run}/{name}"

    def manage(self, method, path, body=None):
        """A call to the emulator's management API."""
        request = urllib.request.Request(
            self.env.management + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def requests(self):
        """What the emulator was asked, oldest first."""
        return self.manage("GET", "/requests")

    @asynccontextmanager
    async def fault(self, repository, operations, fault, **when):
        """The emulator has this fault for as long; what it was like at the end is told."""
        rule = {"operations": operations, "fault": fault, **when}
        if repository is not None:
            rule["repository"] = repository
        number = self.manage("POST", "/faults", rule)["id"]
        state = {}
        try:
            yield state
        finally:
            [state["hits"]] = [
                each["hits"] for each in self.manage("GET", "/faults") if each["id"] == number
            ]
            self.manage("DELETE", f"/faults/{number}")


async def gather(pages):
    """All items of a listing."""
    return [item async for item in pages]


async def pages(listing, token=None):
    """All pages of a listing, each as a list."""
    return [await gather(page) async for page in listing.by_page(token)]


async def read(download):
    """All bytes of a download."""
    return b"".join([piece async for piece in download])


async def body(error):
    """The first error in an answer's body. Of a content's answer the SDK has not read it."""
    try:
        text = error.response.text()
    except ResponseNotReadError:
        text = error.response.read()
        if inspect.isawaitable(text):
            text = await text
    return json.loads(text)["errors"][0]


async def code(error):
    return (await body(error))["code"]


async def raises(kind, awaitable):
    """The error of this kind that is awaited; anything else fails."""
    try:
        result = awaitable() if callable(awaitable) else awaitable
        if inspect.isawaitable(result):
            await result
        elif hasattr(result, "__aiter__"):
            await gather(result)
    except kind as error:
        return error
    raise AssertionError(f"no {getattr(kind, '__name__', kind)} was raised")
