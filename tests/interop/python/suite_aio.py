"""The suite over azure.containerregistry.aio. The runner starts it."""

from acr_suite.main import main

main("aio")
