"""The SDK against what the other cases used of it."""

from ..coverage import offered
from ..harness import case, holds


@case("every public method and option was exercised")
async def everything(s, _):
    methods = offered(s.make)
    # The listing itself is held to what is known to be there: it could find too little.
    holds({"__init__", "close", "upload_blob"} <= methods.keys(), f"methods found: {methods}")
    holds("digest" in methods["list_tag_properties"], "an option without a document was not found")
    holds("media_type" in methods["set_manifest"], "a keyword was not found")
    holds("can_list" in methods["update_tag_properties"], "an overload was not found")
    s.coverage.check()
