//! podman: its images, not its containers.

use anyhow::{Context as _, Result, ensure};

use super::{
    cases::{Cases, needed},
    containers::Tool,
    environment::Environment,
    image::Layout,
};

pub(super) fn run(environment: &Environment, cases: &mut Cases) -> Result<()> {
    for registry in [&environment.https, &environment.http] {
        let podman = Tool::new("podman", registry, &environment.work)?;
        cases.client("podman", &podman.version()?);
        cases.about(registry.scheme());
        if podman.works(cases) {
            images(&podman, cases);
            identities(&podman, cases);
        }
    }
    Ok(())
}

/// Pulls, and gives the image's id: the digest of its configuration.
fn pull(podman: &Tool<'_>, image: &str, more: &[&str]) -> Result<String> {
    let mut arguments = vec!["pull", "--quiet", &podman.trust];
    arguments.extend(more);
    arguments.push(image);
    Ok(podman.program.run(arguments)?.trim().to_owned())
}

fn forget(podman: &Tool<'_>) -> Result<String> {
    podman.program.run(["rmi", "--all", "--force"])
}

fn images(podman: &Tool<'_>, cases: &mut Cases) {
    let id = cases.case("an image is taken from a layout", || {
        let layout = Layout::image(&podman.folder.join("layout"), &[2000, 700_000])?;
        // It makes a name of the path, in which there may be no capitals.
        let id = podman.program.run(["pull", "--quiet", "oci:layout:v1"])?;
        let config = layout.json()?["config"]["digest"].clone();
        ensure!(
            config == format!("sha256:{}", id.trim()),
            "{id} instead of {config}"
        );
        Ok(id.trim().to_owned())
    });
    let digest = cases.case("it is pushed", || {
        podman.push(&["push"], needed(&id)?, "podman/image:v1")
    });
    for by in ["tag", "digest"] {
        cases.case(&format!("it is pulled by its {by}"), || {
            forget(podman)?;
            let image = match by {
                "tag" => podman.at("podman/image:v1"),
                _ => podman.at(&format!("podman/image@{}", needed(&digest)?)),
            };
            let pulled = pull(podman, &image, &[&podman.credentials()])?;
            ensure!(pulled == *needed(&id)?, "{pulled}");
            Ok(())
        });
    }
    cases.case("it is pushed as docker has it", || {
        podman.push(
            &["push", "--format=v2s2"],
            needed(&id)?,
            "podman/image:docker",
        )
    });
    cases.case("a tag that is not there", || {
        let image = podman.at("podman/image:none");
        let told =
            podman
                .program
                .refused(["pull", &podman.trust, &podman.credentials(), &image])?;
        ensure!(told.contains("manifest"), "{told}");
        Ok(())
    });
}

fn identities(podman: &Tool<'_>, cases: &mut Cases) {
    let registry = podman.registry;
    let image = podman.at("podman/image:v1");
    cases.case("login", || {
        let (user, password) = (&registry.username, &registry.password);
        podman.program.run([
            "login",
            &podman.trust,
            "-u",
            user,
            "-p",
            password,
            registry.host(),
        ])?;
        pull(podman, &image, &[])
    });
    cases.case("search lists tags", || {
        let name = podman.at("podman/image");
        let told = podman
            .program
            .run(["search", "--tls-verify=false", "--list-tags", &name])?;
        let tags: Vec<_> = told
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().nth(1))
            .collect();
        ensure!(tags == ["docker", "v1"], "{told}");
        Ok(())
    });
    cases.case("logout", || {
        podman.program.run(["logout", registry.host()])?;
        let anonymous = pull(podman, &image, &[]).map_err(|error| format!("{error:#}"));
        ensure!(anonymous.is_ok() == registry.ca.is_some(), "{anonymous:?}");
        Ok(())
    });
    cases.case("a wrong password", || {
        let wrong = format!("--creds={}:wrong", registry.username);
        let told = podman
            .program
            .refused(["pull", &podman.trust, &wrong, &image])?;
        let reason = told.lines().last().context("no word")?;
        ensure!(
            reason.contains("unauthorized") || reason.contains("invalid username/password"),
            "{told}"
        );
        Ok(())
    });
}
