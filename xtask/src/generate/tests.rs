use std::{fs, path::Path};

use tempfile::TempDir;

use super::{DESCRIPTION, OUTPUT, code, run};
use crate::document;

/// A workspace with nothing but the description.
fn scratch() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put(
        DESCRIPTION,
        &fs::read_to_string(crate::root().join(DESCRIPTION)).unwrap(),
    );
    put(OUTPUT, "");
    folder
}

fn check(root: &Path) -> Result<(), String> {
    run(root, true).map_err(|error| format!("{error:#}"))
}

#[test]
fn the_same_description_gives_the_same_bytes() {
    let document = document::load(&crate::root().join(DESCRIPTION)).unwrap();
    assert_eq!(code(document.clone()).unwrap(), code(document).unwrap());
}

#[test]
fn check_fails_on_a_changed_file_and_shows_where() {
    let folder = scratch();
    let output = folder.path().join(OUTPUT);
    run(folder.path(), false).unwrap();
    check(folder.path()).unwrap();

    let code = fs::read_to_string(&output).unwrap();
    fs::write(
        &output,
        code.replacen("pub async fn get_tags<", "pub async fn got_tags<", 1),
    )
    .unwrap();
    let error = check(folder.path()).unwrap_err();
    assert!(error.contains("run `cargo xtask generate`"), "{error}");
    assert!(error.contains("-    pub async fn got_tags<"), "{error}");
    assert!(error.contains("+    pub async fn get_tags<"), "{error}");

    fs::remove_file(&output).unwrap();
    assert!(
        check(folder.path())
            .unwrap_err()
            .contains("cargo xtask generate")
    );
}

#[test]
fn the_code_has_what_the_settings_promise() {
    let code = code(document::load(&crate::root().join(DESCRIPTION)).unwrap()).unwrap();
    assert!(code.starts_with("// Generated from openapi/acr.yaml by `cargo xtask generate`."));
    assert!(
        !code.contains("pub fn new("),
        "the constructor with a time limit is left out"
    );
    assert!(!code.contains("HashMap"), "maps are ordered");
    for stream in [
        "upload_chunk",
        "complete_upload",
        "start_upload",
        "create_manifest",
    ] {
        assert!(code.contains(&format!(
            "pub async fn {stream}<'a, B: Into<reqwest::Body>>"
        )));
    }
    for text in [
        "::jiff::Timestamp",
        "::acr_core::Secret",
        "api_version: Option<&'a str>",
    ] {
        assert!(code.contains(text), "{text}");
    }
}

#[test]
fn the_paths_stand_in_the_code_but_for_opaque_ones() {
    let code = code(document::load(&crate::root().join(DESCRIPTION)).unwrap()).unwrap();
    let (_, table) = code.split_once("pub(crate) const PATHS").unwrap();
    assert!(table.contains("(\"list_tags_v2\", \"/v2/{name}/tags/list\"),"));
    assert!(table.contains("(\"check_docker_v2_support\", \"/v2/\"),"));
    assert!(!table.contains("{location}"), "sent as it came");
    let entries: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("    ("))
        .collect();
    assert!(entries.len() > 30, "{entries:#?}");
    assert!(entries.is_sorted(), "{entries:#?}");
}
