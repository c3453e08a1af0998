"""Azure's own command line, unmodified and not logged in, against an emulator. The runner starts
it with the Python that az is installed for. What reaches for Azure itself is skipped."""

import json
from importlib.metadata import version

from harness import CASES, MANIFEST, REGISTRY, SUFFIX, az, call, case, digest, equal, fails
from harness import manifest, push, repository, run_all, say, settings

FLAGS = ["deleteEnabled", "listEnabled", "readEnabled", "writeEnabled"]


def attributes(properties):
    return {flag: properties["changeableAttributes"][flag] for flag in FLAGS}


ALL = dict.fromkeys(FLAGS, True)


@case("acr repository list, --top")
def list_repositories():
    names = ["az/list/a", "az/list/b", "az/list/c"]
    for name in reversed(names):
        push(name, "v1")
    found = repository("list")
    equal([name for name in found if name in names], names)
    equal(found, sorted(found), "order")
    equal(repository("list", "--top", "2"), found[:2])


@case("acr repository show: a repository, a tag, a digest")
def show():
    data = push("az/show", "v1")
    got = repository("show", "--repository", "az/show")
    equal((got["imageName"], got["manifestCount"], got["tagCount"]), ("az/show", 1, 1))
    equal(attributes(got), ALL)
    got = repository("show", "--image", "az/show:v1")
    equal((got["name"], got["digest"]), ("v1", digest(data)))
    got = repository("show", "--image", f"az/show@{digest(data)}")
    equal((got["digest"], got["tags"], got["mediaType"]), (digest(data), ["v1"], MANIFEST))
    for words in [("--repository", "az/nothing"), ("--image", "az/show:v2")]:
        said = fails("acr", "repository", "show", "--name", REGISTRY, *words)
        equal("not found" in said or "does not exist" in said, True, said)


@case("acr repository show-tags: --orderby, --top, --detail")
def show_tags():
    oldest_first = ["zeta", "alpha", "v10", "v2"]
    data = push("az/tags", oldest_first[0])
    for tag in oldest_first[1:]:
        push("az/tags", tag)
    tags = ("show-tags", "--repository", "az/tags")
    equal(repository(*tags), sorted(oldest_first))
    equal(repository(*tags, "--orderby", "time_asc"), oldest_first)
    equal(repository(*tags, "--orderby", "time_desc"), oldest_first[::-1])
    equal(repository(*tags, "--orderby", "time_desc", "--top", "1"), oldest_first[-1:])
    detail = repository(*tags, "--detail")
    equal([(tag["name"], tag["digest"]) for tag in detail][0], ("alpha", digest(data)))
    equal(attributes(detail[0]), ALL)


@case("acr repository show-tags: more than one page")
def many_tags():
    data = push("az/many", "t000")
    names = [f"t{number:03}" for number in range(205)]
    for name in names[1:]:
        call("PUT", f"/v2/az/many/manifests/{name}", data, MANIFEST)
    equal(repository("show-tags", "--repository", "az/many"), names)
    equal(repository("show-tags", "--repository", "az/many", "--top", "150"), names[:150])


@case("acr repository show-manifests: --orderby, --top, --detail")
def show_manifests():
    digests = [digest(push("az/manifests", f"v{n}", text=f"{n}")) for n in range(3)]
    manifests = ("show-manifests", "--repository", "az/manifests")
    found = repository(*manifests, "--orderby", "time_desc")
    equal([(m["digest"], m["tags"]) for m in found], [(digests[n], [f"v{n}"]) for n in [2, 1, 0]])
    equal([m["digest"] for m in repository(*manifests)], sorted(digests))
    found = repository(*manifests, "--orderby", "time_asc", "--top", "1", "--detail")
    equal([(m["digest"], attributes(m)) for m in found], [(digests[0], ALL)])


@case("acr repository update: each flag of a repository, a tag and a manifest")
def update():
    data = push("az/update", "v1")
    options = ["--delete-enabled", "--list-enabled", "--read-enabled", "--write-enabled"]
    for what in [
        ("--repository", "az/update"),
        ("--image", "az/update:v1"),
        ("--image", f"az/update@{digest(data)}"),
    ]:
        off = [word for option in options[:2] for word in (option, "false")]
        got = repository("update", *what, *off)
        wanted = ALL | {"deleteEnabled": False, "listEnabled": False}
        equal((attributes(got), attributes(repository("show", *what))), (wanted, wanted))
        off = [word for option in options for word in (option, "false")]
        equal(attributes(repository("update", *what, *off)), dict.fromkeys(FLAGS, False))
        on = [word for option in options for word in (option, "true")]
        equal(attributes(repository("update", *what, *on)), ALL)


@case("acr repository untag")
def untag():
    data = push("az/untag", "v1")
    push("az/untag", "v2")
    repository("untag", "--image", "az/untag:v1")
    equal(repository("show-tags", "--repository", "az/untag"), ["v2"])
    equal(repository("show", "--image", "az/untag:v2")["digest"], digest(data))
    said = fails("acr", "repository", "untag", "--name", REGISTRY, "--image", "az/untag:v1")
    equal("does not exist" in said, True, said)


@case("acr repository delete: an image by tag, by digest, a repository")
def delete():
    datas = [push("az/delete", f"v{number}", text=f"{number}") for number in range(3)]
    repository("delete", "--image", "az/delete:v0", "--yes")
    repository("delete", "--image", f"az/delete@{digest(datas[1])}", "--yes")
    equal(repository("show-tags", "--repository", "az/delete"), ["v2"])
    gone = repository("delete", "--repository", "az/delete", "--yes")
    equal(gone, {"manifestsDeleted": [digest(datas[2])], "tagsDeleted": ["v2"]})
    equal("az/delete" in repository("list"), False, "still listed")
    said = fails("acr", "repository", "delete", "--name", REGISTRY, "--repository", "az/delete", "-y")
    equal("not known to registry" in said or "not found" in said, True, said)


@case("a locked image cannot be deleted")
def locked():
    push("az/locked", "v1")
    repository("update", "--image", "az/locked:v1", "--write-enabled", "false")
    said = fails("acr", "repository", "untag", "--name", REGISTRY, "--image", "az/locked:v1")
    equal("The operation is disallowed" in said, True, said)
    equal(repository("show-tags", "--repository", "az/locked"), ["v1"])


@case("acr manifest show, --raw, by tag, digest and full name")
def manifest_show():
    data = push("az/raw", "v1")
    full = f"{REGISTRY}{SUFFIX}/az/raw"
    for got in [
        manifest("show", "--name", "az/raw:v1"),
        manifest("show", "--name", f"az/raw@{digest(data)}"),
        az("acr", "manifest", "show", f"{full}:v1"),
    ]:
        equal(got, json.loads(data))
    equal(az("acr", "manifest", "show", f"{full}:v1", "--raw"), json.loads(data))


@case("acr manifest list, list-metadata, show-metadata")
def metadata():
    datas = [push("az/metadata", f"v{number}", text=f"{number}") for number in range(3)]
    names = [digest(data) for data in datas]
    options = ("--name", "az/metadata")
    equal(len(manifest("list", *options)), 3)
    found = manifest("list-metadata", *options, "--orderby", "time_desc", "--top", "2")
    equal([m["digest"] for m in found], names[:0:-1])
    full = f"{REGISTRY}{SUFFIX}/az/metadata"
    equal(sorted(m["digest"] for m in az("acr", "manifest", "list-metadata", full)), sorted(names))
    got = manifest("show-metadata", "--name", f"az/metadata@{names[1]}")
    equal((got["digest"], got["architecture"], got["os"]), (names[1], "amd64", "linux"))
    # By tag az shows the tag.
    got = manifest("show-metadata", "--name", "az/metadata:v1")
    equal((got["digest"], got["name"], got["signed"]), (names[1], "v1", False))


@case("acr manifest update-metadata")
def update_metadata():
    push("az/flags", "v1")
    options = ("--name", "az/flags:v1")
    got = manifest("update-metadata", *options, "--write-enabled", "false")
    equal(attributes(got), ALL | {"writeEnabled": False})
    equal(attributes(manifest("show-metadata", *options)), ALL | {"writeEnabled": False})
    equal(attributes(manifest("update-metadata", *options, "--write-enabled", "true")), ALL)


@case("acr manifest delete")
def manifest_delete():
    datas = [push("az/drop", f"v{number}", text=f"{number}") for number in range(3)]
    manifest("delete", "--name", "az/drop:v0", "--yes")
    manifest("delete", "--name", f"az/drop@{digest(datas[1])}", "--yes")
    found = manifest("list-metadata", "--name", "az/drop")
    equal([m["digest"] for m in found], [digest(datas[2])])


@case("acr manifest list-referrers: --artifact-type, --recursive")
def referrers():
    image = push("az/refer", "v1")
    types = ["application/vnd.example.sbom", "application/vnd.example.signature"]
    sbom = push("az/refer", text="sbom", subject=image, artifact_type=types[0])
    signature = push("az/refer", text="signature", subject=sbom, artifact_type=types[1])

    def found(*words):
        got = manifest("list-referrers", "--name", "az/refer:v1", *words)
        return [(m["digest"], m["artifactType"]) for m in got["manifests"]]

    below = [(digest(sbom), types[0]), (digest(signature), types[1])]
    equal(found(), below[:1])
    equal(found("--artifact-type", types[0]), below[:1])
    equal(found("--artifact-type", types[1]), [])
    equal(found("--recursive"), below)


@case("acr artifact-streaming show and update")
def streaming():
    push("az/streaming", "v1")
    options = ("--name", REGISTRY, "--repository", "az/streaming")
    show = ("acr", "artifact-streaming", "show", *options)
    equal(az(*show)["convertPushedImages"], False)
    az("acr", "artifact-streaming", "update", *options, "--enable-streaming", "true")
    equal(az(*show)["convertPushedImages"], True)
    az("acr", "artifact-streaming", "update", *options, "--enable-streaming", "false")
    equal(az(*show)["convertPushedImages"], False)


@case("acr artifact-streaming operation show and cancel")
def operations():
    data = push("az/convert", "v1")
    body = b'{"conversionFormat":"overlaybd","conversionVersion":"v1"}'
    path = f"/acr/v1/az/convert/_streaming/{digest(data)}"
    number = json.loads(call("POST", path, body, "application/json"))["id"]
    options = ("--name", REGISTRY, "--repository", "az/convert", "--id", number)
    got = az("acr", "artifact-streaming", "operation", "show", *options)
    wanted = ("ArtifactStreamingConversion", f"az/convert@{digest(data)}")
    equal((got["name"], got["resource"]), wanted)
    got = az("acr", "artifact-streaming", "operation", "cancel", *options)
    equal(got["status"], "Canceled")
    got = az("acr", "artifact-streaming", "operation", "show", *options)
    equal(got["status"], "Canceled")


@case("acr repository list-deleted, acr manifest restore")
def restore():
    settings(softDelete=True)
    try:
        data = push("az/restore", "v1")
        manifest("delete", "--name", "az/restore:v1", "--yes")
        equal("az/restore" in repository("list-deleted"), True, "not among the deleted ones")
        options = ("--name", "az/restore:v1", "--yes")
        manifest("restore", *options, "--digest", digest(data), "--force")
        equal(repository("show", "--image", "az/restore:v1")["digest"], digest(data))
        manifest("delete", "--name", "az/restore:v1", "--yes")
        # Without the digest it is looked up among the deleted tags.
        manifest("restore", *options)
        equal(repository("show-tags", "--repository", "az/restore"), ["v1"])
    finally:
        settings(softDelete=False)


@case("a wrong password is refused")
def wrong_password():
    words = ("acr", "repository", "list", "--name", REGISTRY)
    said = fails(*words, "--username", REGISTRY, "--password", "wrong", login=False)
    equal("denied. Response code: 401" in said, True, said)


ARM = "az asks the management plane for it, and nobody is logged in there: "
CASES += [
    ("acr manifest list-deleted, list-deleted-tags", ARM + "how long deleted artifacts are kept"),
    ("acr artifact-streaming create", ARM + "it drops user and password when it looks the digest up"),
    ("acr login, acr check-health", ARM + "the registry; both want Docker besides"),
]

say(client="azure-cli", version=version("azure-cli"))
run_all()
