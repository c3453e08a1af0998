use super::*;
use proptest::prelude::*;

const DIGEST: &str = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

fn get(path: &str) -> Result<Operation, RouteMiss> {
    route(&Method::GET, path)
}

fn name(text: &str) -> RepositoryName {
    text.parse().unwrap()
}

#[test]
fn names_are_matched_greedily_up_to_the_last_reserved_word() {
    let latest: Reference = "latest".parse().unwrap();
    let read = ContentVerb::Read { head: false };
    for (path, repository) in [
        ("/v2/app/manifests/latest", "app"),
        ("/v2/manifests/manifests/latest", "manifests"),
        (
            "/v2/a/manifests/blobs/tags/manifests/latest",
            "a/manifests/blobs/tags",
        ),
        ("/v2/library%2Fhello/manifests/latest", "library/hello"),
        ("/v2/library%2fhello/manifests%2Flatest", "library/hello"),
    ] {
        let expected = Operation::Manifest(read, name(repository), latest.clone());
        assert_eq!(get(path), Ok(expected), "{path}");
    }
    assert_eq!(
        get("/v2/blobs/uploads/tags/list"),
        Ok(Operation::ListTagNames(name("blobs/uploads")))
    );
    assert_eq!(
        get("/acr/v1/a/tags/b/_tags"),
        Ok(Operation::ListTags(name("a/tags/b")))
    );
    assert_eq!(
        get("/acr/v1/a/b"),
        Ok(Operation::Repository(PropertyVerb::Get, name("a/b")))
    );
}

#[test]
fn digests_may_have_an_encoded_colon() {
    let raw = format!("/v2/app/blobs/{DIGEST}");
    let encoded = raw.replace(':', "%3A");
    assert_eq!(get(&raw), get(&encoded));
    assert!(get(&raw).is_ok());
}

#[test]
fn what_fits_no_route_is_not_found() {
    for path in [
        "/",
        "/v3/",
        "/v2/Upper/manifests/latest",
        "/v2/app/manifests/.INVALID",
        "/v2/app/manifests/sha256:totallywrong",
        "/v2//manifests/latest",
        "/acr/v1/app/_manifests/latest",
        "/acr/v1/_deleted",
        "/acr/v1/_deleted/app",
        "/acr/v1/_deleted/_tags",
        "/acr/v1/_deleted/app/_manifests/latest",
        "/acr/v1/_metadata",
        "/acr/v1/_streaming",
        "/acr/v1/app/_streaming/latest",
        "/acr/v1/app/_operations",
        "/acr/v1/app/_operations/",
        "/acr/v1/app/_operations/:cancel",
        "/acr/v1/app/_operations/0-1:stop",
        "/acr/v1/app/_tags/",
        "/oauth2/exchange",
        "/v2/app/manifests/%FF",
    ] {
        assert_eq!(get(path), Err(RouteMiss::NotFound), "{path}");
    }
    assert_eq!(get("/v2"), Err(RouteMiss::AddSlash));
    assert_eq!(
        get("/v2/app/blobs/sha256:0123456789012345678901234567890123"),
        Err(RouteMiss::BadDigest)
    );
    assert_eq!(
        route(&Method::POST, "/v2/app/manifests/latest"),
        Err(RouteMiss::MethodNotAllowed("DELETE, GET, HEAD, PUT"))
    );
}

#[test]
fn the_methods_that_a_path_says_to_have_are_those_that_it_has() {
    let methods = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];
    for path in [
        "/v2/".to_owned(),
        "/v2/_catalog".to_owned(),
        "/v2/app/tags/list".to_owned(),
        format!("/v2/app/referrers/{DIGEST}"),
        "/v2/app/manifests/latest".to_owned(),
        format!("/v2/app/blobs/{DIGEST}"),
        "/v2/app/blobs/uploads/".to_owned(),
        "/v2/app/blobs/uploads/0000-1".to_owned(),
        "/acr/v1/_catalog".to_owned(),
        "/acr/v1/app".to_owned(),
        "/acr/v1/app/_tags".to_owned(),
        "/acr/v1/app/_tags/latest".to_owned(),
        "/acr/v1/app/_manifests".to_owned(),
        format!("/acr/v1/app/_manifests/{DIGEST}"),
        "/acr/v1/_deleted/_catalog".to_owned(),
        "/acr/v1/_deleted/app/_manifests".to_owned(),
        format!("/acr/v1/_deleted/app/_manifests/{DIGEST}"),
        "/acr/v1/_deleted/app/_tags".to_owned(),
        "/acr/v1/app/_streaming".to_owned(),
        format!("/acr/v1/app/_streaming/{DIGEST}"),
        "/acr/v1/app/_operations/0-1".to_owned(),
        "/acr/v1/app/_operations/0-1:cancel".to_owned(),
        "/acr/v1/_metadata/_query".to_owned(),
        "/acr/v1/app/_metadata/_query".to_owned(),
        "/oauth2/token".to_owned(),
    ] {
        let served = |method: &&str| route(&method.parse().unwrap(), &path).is_ok();
        let served: Vec<&str> = methods.into_iter().filter(served).collect();
        for method in methods.iter().chain(&["OPTIONS"]) {
            if let Err(miss) = route(&method.parse().unwrap(), &path) {
                let RouteMiss::MethodNotAllowed(allowed) = miss else {
                    panic!("{method} {path}: {miss:?}");
                };
                assert_eq!(allowed, served.join(", "), "{method} {path}");
            }
        }
    }
}

#[test]
fn what_only_az_reaches() {
    let digest: Digest = DIGEST.parse().unwrap();
    let post = |path: &str| route(&Method::POST, path);
    assert_eq!(
        get("/acr/v1/_deleted/a/b/_tags"),
        Ok(Operation::ListDeletedTags(name("a/b")))
    );
    assert_eq!(
        post(&format!("/acr/v1/_deleted/a%2Fb/_manifests/{DIGEST}")),
        Ok(Operation::RestoreDeleted(name("a/b"), digest.clone()))
    );
    assert_eq!(
        post(&format!("/acr/v1/a/b/_streaming/{DIGEST}")),
        Ok(Operation::ArtifactStreaming(
            SettingVerb::Set,
            name("a/b"),
            digest
        ))
    );
    let id = "7dfcc117-d980-4c19-8817-3171e14186ca";
    assert_eq!(
        get(&format!("/acr/v1/a/b/_operations/{id}")),
        Ok(Operation::Progress(name("a/b"), id.to_owned()))
    );
    for cancel in [":cancel", "%3Acancel"] {
        assert_eq!(
            post(&format!("/acr/v1/a/b/_operations/{id}{cancel}")),
            Ok(Operation::Cancel(name("a/b"), id.to_owned()))
        );
    }
    assert_eq!(
        post("/acr/v1/a/b/_metadata/_query"),
        Ok(Operation::QueryMetadata(Some(name("a/b"))))
    );
}

#[test]
fn uploads() {
    let start = route(&Method::POST, "/v2/a/b/blobs/uploads/");
    assert_eq!(start, Ok(Operation::StartUpload(name("a/b"))));
    let patch = route(&Method::PATCH, "/v2/a/b/blobs/uploads/0000-1");
    let expected = Operation::Upload(UploadVerb::Append, name("a/b"), "0000-1".to_owned());
    assert_eq!(patch, Ok(expected));
}

proptest! {
    #[test]
    fn no_path_panics(path in "\\PC{0,80}", method in "GET|HEAD|PUT|POST|PATCH|DELETE|OPTIONS") {
        let _ = route(&method.parse().unwrap(), &path);
    }

    #[test]
    fn both_spellings_of_a_name_are_the_same(
        repository in "[a-z0-9]{1,6}(/(manifests|blobs|tags|uploads|list|[a-z0-9]{1,6})){0,4}",
        tag in "[A-Za-z0-9_][A-Za-z0-9._-]{0,9}",
    ) {
        let raw = format!("/v2/{repository}/manifests/{tag}");
        let encoded = format!("/v2/{}/manifests/{tag}", repository.replace('/', "%2F"));
        let expected = Operation::Manifest(
            ContentVerb::Read { head: false },
            name(&repository),
            Reference::Tag(tag.parse().unwrap()),
        );
        prop_assert_eq!(get(&raw), Ok(expected.clone()));
        prop_assert_eq!(get(&encoded), Ok(expected));
    }

    #[test]
    fn whatever_is_routed_has_a_valid_name(path in "/(v2|acr/v1)/[a-zA-Z0-9_/:.%-]{0,60}") {
        if let Ok(Operation::Repository(_, name) | Operation::ListTags(name)) = get(&path) {
            prop_assert!(name.as_str().parse::<RepositoryName>().is_ok());
        }
    }

    #[test]
    fn reserved_words_are_never_part_of_a_name(
        before in "([a-z]{1,5}/){0,2}",
        word in "_(deleted|catalog|metadata|streaming|operations|tags|manifests|query)",
        after in "(/(_?[a-z]{1,5}|_tags|_manifests|_streaming|_query)){0,3}",
        method in "GET|POST|DELETE",
    ) {
        let path = format!("/acr/v1/{before}{word}{after}");
        if let Ok(operation) = route(&method.parse().unwrap(), &path) {
            let debug = format!("{operation:?}");
            let name = debug.split("RepositoryName(").nth(1).unwrap_or_default();
            let name = name.split(')').next().unwrap_or_default();
            prop_assert!(!name.contains('_'), "{path}: {debug}");
        }
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_that_is_listed() {
    let manifest = "/v2/app/manifests/latest";
    let blob = format!("/v2/app/blobs/{DIGEST}");
    let upload = "/v2/app/blobs/uploads/1-2";
    let properties = format!("/acr/v1/app/_manifests/{DIGEST}");
    let referrers = format!("/v2/app/referrers/{DIGEST}");
    let streaming = format!("/acr/v1/app/_streaming/{DIGEST}");
    let deleted = format!("/acr/v1/_deleted/app/_manifests/{DIGEST}");
    let mut names: Vec<_> = [
        ("GET", "/v2/"),
        ("GET", "/v2/_catalog"),
        ("GET", "/v2/app/tags/list"),
        ("GET", &*referrers),
        ("GET", manifest),
        ("HEAD", manifest),
        ("PUT", manifest),
        ("DELETE", manifest),
        ("GET", &*blob),
        ("HEAD", &*blob),
        ("DELETE", &*blob),
        ("POST", "/v2/app/blobs/uploads/"),
        ("GET", upload),
        ("PATCH", upload),
        ("PUT", upload),
        ("DELETE", upload),
        ("GET", "/acr/v1/app"),
        ("PATCH", "/acr/v1/app"),
        ("DELETE", "/acr/v1/app"),
        ("GET", "/acr/v1/app/_tags"),
        ("GET", "/acr/v1/app/_tags/latest"),
        ("PATCH", "/acr/v1/app/_tags/latest"),
        ("DELETE", "/acr/v1/app/_tags/latest"),
        ("GET", "/acr/v1/app/_manifests"),
        ("GET", &*properties),
        ("PATCH", &*properties),
        ("GET", "/acr/v1/app/_streaming"),
        ("POST", "/acr/v1/app/_streaming"),
        ("GET", &*streaming),
        ("POST", &*streaming),
        ("GET", "/acr/v1/app/_operations/0-1"),
        ("POST", "/acr/v1/app/_operations/0-1:cancel"),
        ("POST", "/acr/v1/_metadata/_query"),
        ("GET", "/acr/v1/_deleted/_catalog"),
        ("GET", "/acr/v1/_deleted/app/_manifests"),
        ("GET", "/acr/v1/_deleted/app/_tags"),
        ("POST", &*deleted),
        ("POST", "/oauth2/exchange"),
        ("POST", "/oauth2/token"),
    ]
    .into_iter()
    .map(|(method, path)| {
        let method = method.parse().unwrap();
        let operation = route(&method, path).unwrap();
        let named = operation.repository().map(RepositoryName::as_str);
        assert_eq!(named, path.contains("/app").then_some("app"), "{path}");
        let without = WITHOUT_REPOSITORY.contains(&operation.name());
        assert_eq!(named.is_none(), without, "{path}");
        operation.name()
    })
    .collect();
    names.push(DOWNLOAD_BLOB);
    assert_eq!(names, OPERATIONS);
}
