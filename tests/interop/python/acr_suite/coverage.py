"""Which methods and options the SDK has, and which of them the cases used."""

import inspect
import re
import typing
from collections import defaultdict

from .harness import equal

DOCUMENTED = re.compile(r":keyword (?:[\w~.\[\], ]+ )?(\w+):")
TAKEN = re.compile(r"kwargs\.pop\(\s*\"(\w+)\"")
# What every call must have, and what says only what it is called on.
REQUIRED = {"self", "repository", "tag_or_digest", "endpoint"}


def offered(client):
    """Method → its options: those of its signatures, those that its documents name, and those that
    its code takes without a word. Options of azure-core, which every call has, are not among them.
    """
    methods = {}
    for name, function in inspect.getmembers(client, inspect.isroutine):
        if name.startswith("_") and name != "__init__":
            continue
        bare = inspect.unwrap(function)
        options = set(DOCUMENTED.findall(bare.__doc__ or ""))
        options.update(TAKEN.findall(inspect.getsource(bare)))
        for form in [bare, *typing.get_overloads(bare)]:
            for parameter in inspect.signature(form).parameters.values():
                named = parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
                optional = parameter.default is not parameter.empty
                if named and (optional or parameter.name == "properties"):
                    options.add(parameter.name)
        methods[name] = options - REQUIRED
    return methods


class Coverage:
    """What was called, and with which options."""

    def __init__(self, client):
        self.client = client
        self.used = defaultdict(set)

    def note(self, method, args, kwargs):
        self.used[method].update(kwargs)
        if method.startswith("update_") and not isinstance(args[-1], str):
            self.used[method].add("properties")
        if method == "__init__" and len(args) > 1:
            self.used[method].add("credential")

    def check(self):
        missed = {}
        for method, options in offered(self.client).items():
            if method not in self.used:
                missed[method] = "never called"
            elif options - self.used[method]:
                missed[method] = sorted(options - self.used[method])
        equal(missed, {}, "not exercised")
