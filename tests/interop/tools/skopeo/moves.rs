//! Images in and out, and from one repository to another.

use anyhow::{Result, ensure};

use super::{
    super::{
        cases::{Cases, needed},
        image::{Layout, OCI_INDEX, OCI_MANIFEST},
        management,
    },
    Skopeo,
};

pub(super) fn run(skopeo: &Skopeo<'_>, cases: &mut Cases) {
    let image = cases.case("an image goes in", || {
        let image = Layout::image(&skopeo.folder.join("image"), &[1000, 200_000, 6_000_000])?;
        let told = skopeo.push(&image.reference(), "moved/image:v1", &[])?;
        ensure!(told == image.digest, "{told} instead of {}", image.digest);
        Ok(image)
    });
    single(skopeo, cases, &image);
    many(skopeo, cases);
    across(skopeo, cases, &image);
}

fn single(skopeo: &Skopeo<'_>, cases: &mut Cases, image: &Option<Layout>) {
    cases.case("and comes out as it was, by tag", || {
        let (folder, reference) = skopeo.layout("by-tag");
        skopeo.pull("moved/image:v1", &reference, &[])?;
        Layout::read(&folder)?.same_as(needed(image)?)
    });
    cases.case("and by digest", || {
        let (folder, reference) = skopeo.layout("by-digest");
        let image = needed(image)?;
        skopeo.pull(&format!("moved/image@{}", image.digest), &reference, &[])?;
        Layout::read(&folder)?.same_as(image)
    });
    cases.case("a second push sends no blob", || {
        let image = needed(image)?;
        management::forget_requests(skopeo.registry)?;
        skopeo.push(&image.reference(), "moved/image:again", &[])?;
        let uploads = management::requests(skopeo.registry, "start_upload", 202)?;
        ensure!(uploads.is_empty(), "{uploads:?}");
        Ok(())
    });
    cases.case("an image as docker has it, made of the OCI one", || {
        let (folder, _) = skopeo.layout("docker");
        skopeo.push(
            &needed(image)?.reference(),
            "moved/docker:v1",
            &["--format=v2s2"],
        )?;
        let raw = skopeo.about("inspect", "moved/docker:v1", &["--raw"])?;
        ensure!(
            raw.contains("application/vnd.docker.distribution.manifest.v2+json"),
            "{raw}"
        );
        skopeo.pull("moved/docker:v1", &format!("dir:{}", folder.display()), &[])?;
        let pulled = std::fs::read_to_string(folder.join("manifest.json"))?;
        ensure!(pulled == raw, "{pulled}");
        Ok(())
    });
}

fn many(skopeo: &Skopeo<'_>, cases: &mut Cases) {
    let index = cases.case("an index goes in with all its images", || {
        let index = Layout::index(&skopeo.folder.join("index"), &["amd64", "arm64", "riscv64"])?;
        let told = skopeo.push(&index.reference(), "moved/index:v1", &["--all"])?;
        ensure!(told == index.digest, "{told} instead of {}", index.digest);
        Ok(index)
    });
    cases.case("and comes out as it was", || {
        let (folder, reference) = skopeo.layout("index-out");
        skopeo.pull("moved/index:v1", &reference, &["--all"])?;
        Layout::read(&folder)?.same_as(needed(&index)?)
    });
    cases.case("and comes out raw", || {
        let raw = skopeo.about("inspect", "moved/index:v1", &["--raw"])?;
        ensure!(
            raw.as_bytes() == needed(&index)?.content && raw.contains(OCI_INDEX),
            "{raw}"
        );
        Ok(())
    });
    for (position, architecture) in ["amd64", "arm64", "riscv64"].into_iter().enumerate() {
        cases.case(&format!("the image for {architecture} alone"), || {
            let (folder, reference) = skopeo.layout(architecture);
            let pick = [
                "copy",
                &skopeo.access("src-").join("\0"),
                &skopeo.at("moved/index:v1"),
                &reference,
            ]
            .join("\0");
            let over = format!("--override-arch={architecture}");
            skopeo
                .program
                .run([over.as_str()].into_iter().chain(pick.split('\0')))?;
            let wanted = needed(&index)?.json()?["manifests"][position]["digest"].clone();
            let got = Layout::read(&folder)?;
            ensure!(wanted == got.digest, "{} instead of {wanted}", got.digest);
            ensure!(String::from_utf8_lossy(&got.content).contains(OCI_MANIFEST));
            Ok(())
        });
    }
}

fn across(skopeo: &Skopeo<'_>, cases: &mut Cases, image: &Option<Layout>) {
    let copy = |from: &str, to: &str, more: &[&str]| -> Result<()> {
        let mut arguments = vec!["copy".to_owned()];
        arguments.extend(skopeo.access("src-"));
        arguments.extend(skopeo.access("dest-"));
        arguments.extend(more.iter().map(|&more| more.to_owned()));
        arguments.extend([skopeo.at(from), skopeo.at(to)]);
        skopeo.program.run(arguments).map(drop)
    };
    cases.case(
        "from one repository to another its blobs are mounted",
        || {
            let image = needed(image)?;
            management::forget_requests(skopeo.registry)?;
            copy("moved/image:v1", "moved/mounted:v1", &[])?;
            let mounts = management::requests(skopeo.registry, "start_upload", 201)?;
            ensure!(mounts.len() == 3, "{mounts:?}");
            // One token for both repositories, by the parameter `scope` twice.
            let tokens = management::requests(skopeo.registry, "token", 200)?;
            let two = |query: &String| query.matches("scope=").count() == 2;
            ensure!(
                tokens
                    .iter()
                    .any(|token| token.query.as_ref().is_some_and(two)),
                "{tokens:?}"
            );
            // The configuration is all that is sent.
            let sent = management::requests(skopeo.registry, "upload_chunk", 202)?;
            ensure!(sent.len() == 1, "{sent:?}");
            let (folder, reference) = skopeo.layout("mounted");
            skopeo.pull("moved/mounted:v1", &reference, &[])?;
            Layout::read(&folder)?.same_as(image)
        },
    );
    cases.case("and an index too", || {
        copy("moved/index:v1", "moved/index-too:v1", &["--all"])?;
        let (before, after) = ("moved/index:v1", "moved/index-too:v1");
        let raw = |image| skopeo.about("inspect", image, &["--raw"]);
        ensure!(raw(before)? == raw(after)?);
        Ok(())
    });
    cases.case("a whole repository is synchronised to a folder", || {
        let mut arguments = vec![
            "sync".to_owned(),
            "--src=docker".to_owned(),
            "--dest=dir".to_owned(),
        ];
        arguments.extend(skopeo.access("src-"));
        let source = format!("{}/moved/image", skopeo.registry.host());
        arguments.extend([
            source,
            skopeo.folder.join("synchronised").display().to_string(),
        ]);
        skopeo.program.run(arguments)?;
        let image = needed(image)?;
        for tag in ["v1", "again"] {
            let path = skopeo
                .folder
                .join(format!("synchronised/image:{tag}/manifest.json"));
            ensure!(std::fs::read(path)? == image.content, "{tag}");
        }
        Ok(())
    });
}
