"""Starts a suite."""

import asyncio

import azure.containerregistry

from . import cases  # noqa: F401: registers them
from .flavours import Suite
from .harness import run, say


def main(flavour):
    asyncio.run(_main(Suite(flavour)))


async def _main(suite):
    client = suite.client()
    # The names of the package's version are the runner's table.
    name = "azure-containerregistry" + (".aio" if suite.flavour == "aio" else "")
    say(client=name, version=azure.containerregistry.__version__)
    async with client:
        await run(suite, client)
