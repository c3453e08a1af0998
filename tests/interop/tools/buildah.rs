//! buildah: an image from nothing, and a list of several.

use std::{fs, path::Path};

use anyhow::{Result, ensure};

use super::{
    cases::{Cases, needed},
    containers::Tool,
    environment::Environment,
    image::noise,
};

pub(super) fn run(environment: &Environment, cases: &mut Cases) -> Result<()> {
    for registry in [&environment.https, &environment.http] {
        let buildah = Tool::new("buildah", registry, &environment.work)?;
        cases.client("buildah", &buildah.version()?);
        cases.about(registry.scheme());
        if buildah.works(cases) {
            image(&buildah, cases);
            list(&buildah, cases);
        }
    }
    Ok(())
}

fn run_trimmed(buildah: &Tool<'_>, arguments: &[&str]) -> Result<String> {
    Ok(buildah.program.run(arguments)?.trim().to_owned())
}

/// An image for this architecture that holds one file.
fn make(buildah: &Tool<'_>, architecture: &str, content: &[u8]) -> Result<String> {
    let file = buildah.folder.join("file");
    fs::write(&file, content)?;
    let container = run_trimmed(buildah, &["from", "--arch", architecture, "scratch"])?;
    let file = file.display().to_string();
    run_trimmed(buildah, &["add", &container, &file, "/file"])?;
    let commit = [
        "commit",
        "--quiet",
        "--format",
        "oci",
        "--timestamp",
        "0",
        "--rm",
        &container,
    ];
    run_trimmed(buildah, &commit)
}

fn image(buildah: &Tool<'_>, cases: &mut Cases) {
    let content = noise(1_500_000, 21);
    let id = cases.case("an image is made from nothing", || {
        make(buildah, "amd64", &content)
    });
    let pushed = cases.case("it is pushed", || {
        buildah.push(&["push"], needed(&id)?, "buildah/image:v1")
    });
    let pulled = cases.case("it is pulled", || {
        needed(&pushed)?;
        run_trimmed(buildah, &["rmi", "--all", "--force"])?;
        let (image, credentials) = (buildah.at("buildah/image:v1"), buildah.credentials());
        let pulled = run_trimmed(
            buildah,
            &["pull", "--quiet", &buildah.trust, &credentials, &image],
        )?;
        ensure!(pulled == *needed(&id)?, "{pulled}");
        Ok(pulled)
    });
    cases.case("its file is what it was", || {
        let container = run_trimmed(buildah, &["from", "--pull-never", needed(&pulled)?])?;
        let root = run_trimmed(buildah, &["mount", &container])?;
        ensure!(
            fs::read(Path::new(&root).join("file"))? == content,
            "other bytes"
        );
        run_trimmed(buildah, &["rm", &container])
    });
    cases.case("it is pushed to another repository", || {
        buildah.push(&["push"], needed(&pulled)?, "buildah/other:v1")
    });
    cases.case("a wrong password", || {
        let wrong = format!("--creds={}:wrong", buildah.registry.username);
        let image = format!("docker://{}", buildah.at("buildah/image:v2"));
        let told =
            buildah
                .program
                .refused(["push", &buildah.trust, &wrong, needed(&id)?, &image])?;
        ensure!(
            told.contains("unauthorized") || told.contains("invalid username/password"),
            "{told}"
        );
        Ok(())
    });
}

fn list(buildah: &Tool<'_>, cases: &mut Cases) {
    let made = cases.case("a list of images for two architectures", || {
        run_trimmed(buildah, &["manifest", "create", "several"])?;
        for (architecture, seed) in [("amd64", 31), ("arm64", 32)] {
            let id = make(buildah, architecture, &noise(10_000, seed))?;
            run_trimmed(buildah, &["manifest", "add", "several", &id])?;
        }
        Ok(())
    });
    cases.case("it is pushed with its images", || {
        needed(&made)?;
        buildah.push(
            &["manifest", "push", "--all", "--format", "oci"],
            "several",
            "buildah/list:v1",
        )
    });
    cases.case("the image for one of them is pulled", || {
        let (image, credentials) = (buildah.at("buildah/list:v1"), buildah.credentials());
        let pull = [
            "pull",
            "--quiet",
            "--arch",
            "arm64",
            &buildah.trust,
            &credentials,
            &image,
        ];
        let id = run_trimmed(buildah, &pull)?;
        let told = run_trimmed(
            buildah,
            &[
                "inspect",
                "--type",
                "image",
                "--format",
                "{{.OCIv1.Architecture}}",
                &id,
            ],
        )?;
        ensure!(told == "arm64", "{told}");
        Ok(())
    });
}
