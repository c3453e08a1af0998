//! What the wire has been seen to say, and what it might say.

use super::*;

const DIGEST: &str = "sha256:aea8d2b1e4b1a4d4a8ad0c34e9c6dd4f4d6ddbd3f1f5a3b3c1e6e1c4f0e5d6c7";

fn read<T: serde::de::DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

fn app() -> RepositoryName {
    "app".parse().unwrap()
}

#[test]
fn every_member_of_a_repository() {
    let repository = repository(read(
        r#"{"registry":"reg.azurecr.io","imageName":"team/app","createdTime":"2023-03-07T02:03:10.5343706Z",
            "lastUpdateTime":"2023-03-07T02:03:11Z","manifestCount":3,"tagCount":2,
            "changeableAttributes":{"deleteEnabled":true,"writeEnabled":false,"readEnabled":true,"listEnabled":false,
            "teleportEnabled":false},"newMember":{"a":[1]}}"#,
    ));
    insta::assert_json_snapshot!(repository.unwrap());
}

#[test]
fn every_member_of_a_tag() {
    let tag = tag(
        "reg.azurecr.io".to_owned(),
        &app(),
        read(&format!(
            r#"{{"name":"v1","digest":"{DIGEST}","createdTime":"2023-03-07T02:03:10.5Z",
                "lastUpdateTime":"2023-03-07T02:03:11.1234567Z","signed":true,
                "changeableAttributes":{{"deleteEnabled":false,"writeEnabled":true,"readEnabled":false,"listEnabled":true}}}}"#
        )),
    );
    insta::assert_json_snapshot!(tag.unwrap());
}

#[test]
fn every_member_of_a_manifest() {
    let manifest = manifest(
        "reg.azurecr.io".to_owned(),
        &app(),
        read(&format!(
            r#"{{"digest":"{DIGEST}","imageSize":525,"createdTime":"2023-03-07T02:03:10.5343706Z",
                "lastUpdateTime":"2023-03-07T02:03:11Z","architecture":"z80","os":"cpm",
                "mediaType":"application/vnd.oci.image.index.v1+json","configMediaType":"application/vnd.oci.image.config.v1+json",
                "tags":["v1","latest"],"changeableAttributes":{{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,
                "listEnabled":true,"quarantineState":"NeverSeenBefore"}},
                "references":[{{"digest":"{DIGEST}","architecture":"amd64","os":"linux"}},{{"digest":"{DIGEST}"}}]}}"#
        )),
    );
    insta::assert_json_snapshot!(manifest.unwrap());
}

/// Null, and nothing at all, for whatever an item is something without.
#[test]
fn what_is_not_told_costs_nothing() {
    let bare = repository(read(r#"{"imageName":"app"}"#)).unwrap();
    let nulls = r#"{"imageName":"app","registry":null,"createdTime":null,"lastUpdateTime":null,"manifestCount":null,
        "tagCount":null,"changeableAttributes":null}"#;
    assert_eq!(repository(read(nulls)).unwrap(), bare);
    assert_eq!(bare, RepositoryProperties::builder(app()).build());

    let digest: Digest = DIGEST.parse().unwrap();
    let bare = format!(r#"{{"name":"v1","digest":"{DIGEST}"}}"#);
    let nulls = format!(
        r#"{{"name":"v1","digest":"{DIGEST}","createdTime":null,"lastUpdateTime":null,"signed":null,"changeableAttributes":null}}"#
    );
    let expected = TagProperties::builder(app(), "v1".parse::<Tag>().unwrap(), digest.clone());
    let expected = expected.build();
    assert_eq!(tag(String::new(), &app(), read(&bare)).unwrap(), expected);
    assert_eq!(tag(String::new(), &app(), read(&nulls)).unwrap(), expected);

    let bare = format!(r#"{{"digest":"{DIGEST}"}}"#);
    let nulls = format!(
        r#"{{"digest":"{DIGEST}","imageSize":null,"createdTime":null,"lastUpdateTime":null,"architecture":null,"os":null,
            "mediaType":null,"configMediaType":null,"tags":null,"references":null,
            "changeableAttributes":{{"deleteEnabled":null,"quarantineState":null}}}}"#
    );
    let expected = ManifestProperties::builder(app(), digest).build();
    assert_eq!(
        manifest(String::new(), &app(), read(&bare)).unwrap(),
        expected
    );
    assert_eq!(
        manifest(String::new(), &app(), read(&nulls)).unwrap(),
        expected
    );
}

#[test]
fn what_cannot_be_says_nothing() {
    let odd = format!(
        r#"{{"digest":"{DIGEST}","imageSize":-1,"mediaType":"no media type","createdTime":"9999-12-30T22:00:00.9Z"}}"#
    );
    let odd = manifest(String::new(), &app(), read(&odd)).unwrap();
    assert_eq!((odd.size, odd.media_type), (None, None));
}

#[test]
fn without_a_name_or_a_digest_it_is_none() {
    let no_digest = tag(String::new(), &app(), read(r#"{"name":"v1"}"#)).unwrap_err();
    assert_eq!(no_digest, "something in it has no digest");
    let no_name = tag(
        String::new(),
        &app(),
        read(&format!(r#"{{"digest":"{DIGEST}"}}"#)),
    );
    assert_eq!(no_name.unwrap_err(), "something in it has no name");
    assert!(repository(read("{}")).is_err());
    let odd = format!(r#"{{"digest":"{DIGEST}","references":[{{}}]}}"#);
    assert!(manifest(String::new(), &app(), read(&odd)).is_err());
}

#[test]
fn times_of_any_number_of_fraction_digits() {
    for digits in 0..=9 {
        let fraction = match digits {
            0 => String::new(),
            _ => format!(".{}", &"123456789"[..digits]),
        };
        let text = format!("2023-03-07T02:03:10{fraction}Z");
        let from: jiff::Timestamp = read(&format!("{text:?}"));
        let told = time(Some(from)).unwrap();
        let nanoseconds = format!("{:0<9}", &"123456789"[..digits]).parse::<u32>();
        assert_eq!(Ok(told.nanosecond()), nanoseconds, "{text}");
        assert_eq!(told.unix_timestamp(), 1_678_154_590, "{text}");
    }
}
