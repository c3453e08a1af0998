"""The cases, in the order in which they run; coverage is looked at last."""

from . import client, repositories, manifests, tags, content, blobs  # noqa: F401
from . import samples, errors, faults, plain_http, readme, covered  # noqa: F401
