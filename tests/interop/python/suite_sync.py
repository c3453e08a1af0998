"""The suite over azure.containerregistry. The runner starts it."""

from acr_suite.main import main

main("sync")
