//! What skopeo tells of what is there, and how it deletes.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::{
    super::{
        cases::{Cases, needed},
        image::Layout,
    },
    Skopeo,
};

pub(super) fn run(skopeo: &Skopeo<'_>, cases: &mut Cases) {
    let image = cases.case("an image with three tags", || {
        let image = Layout::image(&skopeo.folder.join("read"), &[2000, 3000])?;
        for tag in ["one", "two", "three"] {
            skopeo.push(&image.reference(), &format!("read/image:{tag}"), &[])?;
        }
        Ok(image)
    });
    cases.case("list-tags", || {
        let told = json(&skopeo.about("list-tags", "read/image", &[])?)?;
        ensure!(told["Tags"] == json!(["one", "three", "two"]), "{told}");
        let name = format!("{}/read/image", skopeo.registry.host());
        ensure!(told["Repository"] == name, "{told}");
        Ok(())
    });
    cases.case("inspect", || {
        let image = needed(&image)?;
        let told = json(&skopeo.about("inspect", "read/image:one", &[])?)?;
        ensure!(told["Digest"] == image.digest, "{told}");
        ensure!(told["RepoTags"] == json!(["one", "three", "two"]), "{told}");
        ensure!(
            told["Architecture"] == "amd64" && told["Os"] == "linux",
            "{told}"
        );
        ensure!(told["Labels"]["made"] == "by hand", "{told}");
        let layers = image.json()?["layers"].clone();
        ensure!(
            told["Layers"] == json!([layers[0]["digest"], layers[1]["digest"]]),
            "{told}"
        );
        Ok(())
    });
    cases.case("inspect --raw", || {
        let raw = skopeo.about("inspect", "read/image:two", &["--raw"])?;
        ensure!(raw.as_bytes() == needed(&image)?.content, "{raw}");
        Ok(())
    });
    cases.case("inspect --config --raw", || {
        let image = needed(&image)?;
        let raw = skopeo.about("inspect", "read/image:two", &["--config", "--raw"])?;
        let config = image.json()?["config"]["digest"].clone();
        ensure!(
            raw.as_bytes() == image.blob(config.as_str().unwrap_or_default())?,
            "{raw}"
        );
        Ok(())
    });
    cases.case("a tag and a repository that are not there", || {
        for image in ["read/image:none", "read/nothing:v1"] {
            let told = failure(skopeo.about("inspect", image, &["--raw"]))?;
            ensure!(
                told.contains("manifest unknown") || told.contains("manifest tagged by"),
                "{told}"
            );
        }
        Ok(())
    });
    deletes(skopeo, cases);
}

fn deletes(skopeo: &Skopeo<'_>, cases: &mut Cases) {
    let other = cases.case("another image beside it", || {
        let other = Layout::image(&skopeo.folder.join("other"), &[4000])?;
        skopeo.push(&other.reference(), "read/image:other", &[])?;
        Ok(other)
    });
    cases.case(
        "delete takes the manifest with all its tags, and no other",
        || {
            needed(&other)?;
            skopeo.about("delete", "read/image:one", &[])?;
            let told = json(&skopeo.about("list-tags", "read/image", &[])?)?;
            ensure!(told["Tags"] == json!(["other"]), "{told}");
            let told = failure(skopeo.about("inspect", "read/image:two", &["--raw"]))?;
            ensure!(told.contains("manifest"), "{told}");
            Ok(())
        },
    );
    cases.case("what is deleted can be pushed again", || {
        let image = Layout::read(&skopeo.folder.join("read"))?;
        skopeo.push(&image.reference(), "read/image:one", &[])?;
        let (folder, reference) = skopeo.layout("again");
        skopeo.pull("read/image:one", &reference, &[])?;
        Layout::read(&folder)?.same_as(&image)
    });
}

fn json(told: &str) -> Result<Value> {
    Ok(serde_json::from_str(told)?)
}

/// What was said, by something that has to fail.
fn failure(result: Result<String>) -> Result<String> {
    match result {
        Ok(told) => anyhow::bail!("succeeded: {told}"),
        Err(error) => Ok(format!("{error:#}")),
    }
}
