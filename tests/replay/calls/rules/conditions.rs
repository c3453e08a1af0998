//! What must be true for a rule to excuse a difference.

use acr_client::MediaType;

use crate::{bytes::digest_of, calls::input::Input, compare::Difference, target::Target, who};

pub(super) fn own_version(input: &Input<'_>, difference: &Difference) -> bool {
    let path = input.exchange.path_and_query();
    let known = path.starts_with("/acr/v1/") || path.starts_with("/oauth2/");
    known && difference.came == acr_rest::API_VERSION
}

pub(super) fn list_of_docker(input: &Input<'_>, _: &Difference) -> bool {
    match input.target {
        Target::TagNames(_) => true,
        Target::Catalog => input.is_docker(),
        _ => false,
    }
}

pub(super) fn upload_at_once(input: &Input<'_>, _: &Difference) -> bool {
    let whole = input.query("digest").is_some();
    let from_anywhere = input.query("mount").is_some() && input.query("from").is_none();
    matches!(input.target, Target::Uploads(_)) && (whole || from_anywhere)
}

pub(super) fn head_of_a_part(input: &Input<'_>, _: &Difference) -> bool {
    let part = input.exchange.asked("range").is_some();
    part && input.method() == "HEAD" && matches!(input.target, Target::Blob(..))
}

pub(super) fn password_in_a_form(input: &Input<'_>, _: &Difference) -> bool {
    let password = input
        .form("grant_type")
        .is_some_and(|grant| grant == "password");
    matches!(input.target, Target::Token) && password && input.form("username").is_some()
}

/// The request is the one to which an earlier answer linked.
pub(super) fn linked(input: &Input<'_>, _: &Difference) -> bool {
    input.link.is_some()
}

pub(super) fn anything(_: &Input<'_>, difference: &Difference) -> bool {
    difference.came == "*/*"
}

pub(super) fn json_by_us(_: &Input<'_>, difference: &Difference) -> bool {
    difference.came == "application/json"
}

pub(super) fn json_for_anything(_: &Input<'_>, difference: &Difference) -> bool {
    values(difference) == ("*/*", "application/json")
}

pub(super) fn anything_for_json(_: &Input<'_>, difference: &Difference) -> bool {
    values(difference) == ("application/json", "*/*")
}

pub(super) fn anything_for_a_blob(_: &Input<'_>, difference: &Difference) -> bool {
    values(difference) == ("application/octet-stream", "*/*")
}

/// What is asked for holds every form of a manifest that there is, and what was asked for then.
pub(super) fn every_manifest(input: &Input<'_>, difference: &Difference) -> bool {
    let asked: Vec<&str> = difference.came.split(", ").collect();
    let all = MediaType::MANIFESTS
        .iter()
        .all(|kind| asked.contains(&kind.as_str()));
    let mut recorded = difference.recorded.split(',').map(str::trim);
    let kept = recorded.all(|kind| BESIDE.contains(&kind) || asked.contains(&kind));
    all && kept && matches!(input.target, Target::Manifest(..))
}

/// What others ask for that is no form of a manifest: anything, any JSON, a manifest's configuration,
/// and a form that OCI withdrew before its 1.1.
const BESIDE: [&str; 5] = [
    "",
    "*/*",
    "application/json",
    "application/vnd.docker.container.image.v1+json",
    "application/vnd.oci.artifact.manifest.v1+json",
];

pub(super) fn form(input: &Input<'_>, _: &Difference) -> bool {
    input.method() == "POST" && matches!(input.target, Target::Exchange | Target::Token)
}

pub(super) fn token(input: &Input<'_>, _: &Difference) -> bool {
    matches!(input.target, Target::Exchange | Target::Token)
}

/// The recorded length is that of the recorded JSON.
pub(super) fn json_body(input: &Input<'_>, difference: &Difference) -> bool {
    let recorded = input.body.as_ref().map_or(0, bytes::Bytes::len);
    let is_json = input.exchange.path_and_query().starts_with("/acr/") && input.json().is_some();
    is_json && difference.recorded == recorded.to_string()
}

/// It is a manifest under its digest, and no layout that is known has that digest.
pub(super) fn layout_lost(input: &Input<'_>, _: &Difference) -> bool {
    match (&input.target, &input.body) {
        (Target::Manifest(_, of), Some(body)) => of.contains(':') && *of != digest_of(body),
        _ => false,
    }
}

pub(super) fn storage(input: &Input<'_>, _: &Difference) -> bool {
    who::is_storage(input.exchange)
}

/// It is `/v2/{repository}/manifests/{digest}`, or that of a blob.
pub(super) fn made_of_the_digest(input: &Input<'_>, difference: &Difference) -> bool {
    let digest = input.exchange.answered("docker-content-digest");
    let (Some(name), Some(digest)) = (input.target.repository(), digest) else {
        return false;
    };
    let of = |what| format!("/v2/{name}/{what}/{digest}");
    [of("manifests"), of("blobs")].contains(&difference.recorded)
}

pub(super) fn asked_by_digest(input: &Input<'_>, difference: &Difference) -> bool {
    matches!(&input.target, Target::Blob(_, of) if *of == difference.recorded)
}

pub(super) fn redirected(input: &Input<'_>, _: &Difference) -> bool {
    input.exchange.status == 307 && matches!(input.target, Target::Blob(..))
}

/// What is said is as long as the chunk.
pub(super) fn chunk(input: &Input<'_>, difference: &Difference) -> bool {
    let place = difference.came.split_once('-');
    let ends = place.and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    let length = ends.and_then(|(first, last): (usize, usize)| (last + 1).checked_sub(first));
    let is_chunk = input.method() == "PATCH" && matches!(input.target, Target::Upload(..));
    is_chunk && length.is_some() && length == input.body.as_ref().map(bytes::Bytes::len)
}

/// It says that the answer is an index, as every answer about referrers is.
pub(super) fn referrers(input: &Input<'_>, difference: &Difference) -> bool {
    let frame = ["2", "application/vnd.oci.image.index.v1+json"];
    matches!(input.target, Target::Referrers(..)) && frame.contains(&&*difference.recorded)
}

/// It is a field of a manifest, and none of those that the specifications have.
pub(super) fn unspecified(input: &Input<'_>, difference: &Difference) -> bool {
    let is_manifest = matches!(input.target, Target::Manifest(..));
    let known = |name: &&str| difference.field.ends_with(&format!(".{name}"));
    is_manifest && !difference.field.contains("annotations") && !SPECIFIED.iter().any(known)
}

/// The fields of manifests and indexes, OCI's and Docker's.
const SPECIFIED: [&str; 19] = [
    "annotations",
    "architecture",
    "artifactType",
    "config",
    "data",
    "digest",
    "features",
    "layers",
    "manifests",
    "mediaType",
    "os",
    "os.features",
    "os.version",
    "platform",
    "schemaVersion",
    "size",
    "subject",
    "urls",
    "variant",
];

/// It is `…/acr/v1/{repository}/_operations/{id}`.
pub(super) fn made_of_the_id(input: &Input<'_>, difference: &Difference) -> bool {
    let (name, id) = (
        input.target.repository(),
        input.exchange.answered("operation-id"),
    );
    matches!((name, id), (Some(name), Some(id))
        if difference.recorded.ends_with(&format!("/acr/v1/{name}/_operations/{id}")))
}

pub(super) fn not_started(input: &Input<'_>, difference: &Difference) -> bool {
    let starts = matches!(input.target, Target::StreamingOf(..)) && input.method() == "POST";
    starts && difference.recorded == "NotStarted"
}

pub(super) fn challenge(input: &Input<'_>, difference: &Difference) -> bool {
    let challenged = input.exchange.answered("www-authenticate").is_some();
    let is_first = input.target == Target::Ping && input.exchange.status == 401;
    is_first && challenged && difference.came == "success"
}

/// It is the length of what was recorded.
pub(super) fn has_length(input: &Input<'_>, difference: &Difference) -> bool {
    let sent = input.body.as_ref().map_or(0, bytes::Bytes::len);
    form(input, difference) || difference.came == sent.to_string()
}

pub(super) fn upload(input: &Input<'_>, difference: &Difference) -> bool {
    let is_upload = matches!(input.target, Target::Uploads(_) | Target::Upload(..));
    is_upload && difference.came == "application/octet-stream"
}

pub(super) fn charset(_: &Input<'_>, difference: &Difference) -> bool {
    values(difference) == ("application/json; charset=utf-8", "application/json")
}

pub(super) fn has_no_body(input: &Input<'_>, _: &Difference) -> bool {
    matches!(input.method(), "GET" | "HEAD" | "DELETE")
}

pub(super) fn empty(_: &Input<'_>, difference: &Difference) -> bool {
    difference.recorded.is_empty()
}

pub(super) fn was_not_there(input: &Input<'_>, difference: &Difference) -> bool {
    input.exchange.status == 404 && difference.came == "was not there"
}

pub(super) fn schema_1(input: &Input<'_>, _: &Difference) -> bool {
    let media_type = input.exchange.answered("content-type");
    media_type == Some("application/vnd.docker.distribution.manifest.v1+prettyjws")
}

fn values(difference: &Difference) -> (&str, &str) {
    (&difference.recorded, &difference.came)
}
