//! With every kind of identity that skopeo knows, and without.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Result, ensure};
use serde_json::json;

use super::{
    super::{
        cases::{Cases, needed},
        image::Layout,
        management,
    },
    Skopeo,
};

pub(super) fn run(skopeo: &Skopeo<'_>, cases: &mut Cases) {
    let image = cases.case("an image", || {
        let image = Layout::image(&skopeo.folder.join("rights"), &[5000])?;
        skopeo.push(&image.reference(), "rights/image:v1", &[])?;
        Ok(image)
    });
    let client = Rights { skopeo, image };
    files(&client, cases);
    tokens(&client, cases);
    refusals(&client, cases);
}

struct Rights<'a> {
    skopeo: &'a Skopeo<'a>,
    image: Option<Layout>,
}

impl Rights<'_> {
    fn trust(&self, side: &str) -> String {
        format!("--{side}{}", self.skopeo.trust)
    }

    /// Pushes and pulls with this identity.
    fn both_ways(&self, name: &str, identity: impl Fn(&str) -> String) -> Result<()> {
        let (image, skopeo) = (needed(&self.image)?, self.skopeo);
        let there = skopeo.at(&format!("rights/{name}:v1"));
        let (push, pull) = (identity("dest-"), identity("src-"));
        skopeo.program.run([
            "copy",
            &self.trust("dest-"),
            &push,
            &image.reference(),
            &there,
        ])?;
        let (folder, reference) = skopeo.layout(name);
        skopeo
            .program
            .run(["copy", &self.trust("src-"), &pull, &there, &reference])?;
        Layout::read(&folder)?.same_as(image)
    }

    /// The answer to a pull that has to fail.
    fn refused(&self, identity: &str) -> Result<String> {
        let (_, reference) = self.skopeo.layout("refused");
        let there = self.skopeo.at("rights/image:v1");
        self.skopeo
            .program
            .refused(["copy", &self.trust("src-"), identity, &there, &reference])
    }

    fn auth_file(&self, name: &str, entry: &serde_json::Value) -> Result<PathBuf> {
        let file = self.skopeo.folder.join(name);
        let auths = json!({"auths": {self.skopeo.registry.host(): entry}});
        fs::write(&file, serde_json::to_vec(&auths)?)?;
        Ok(file)
    }
}

fn files(client: &Rights<'_>, cases: &mut Cases) {
    let skopeo = client.skopeo;
    let given = |file: &Path| format!("--authfile={}", file.display());
    cases.case(
        "login writes a file that lets in, logout takes it back",
        || {
            let file = given(&skopeo.folder.join("login.json"));
            let host = skopeo.registry.host();
            let (user, password) = (&skopeo.registry.username, &skopeo.registry.password);
            skopeo.program.run([
                "login",
                &client.trust(""),
                &file,
                "-u",
                user,
                "-p",
                password,
                host,
            ])?;
            client.both_ways("login", |_| file.clone())?;
            skopeo
                .program
                .run(["logout", &client.trust(""), &file, host])
                .or_else(|_| skopeo.program.run(["logout", &file, host]))?;
            let (_, reference) = skopeo.layout("refused");
            let image = needed(&client.image)?.reference();
            let push = skopeo.program.refused([
                "copy",
                &client.trust("dest-"),
                &file,
                &image,
                &skopeo.at("rights/login:v2"),
            ])?;
            ensure!(
                push.contains("unauthorized") || push.contains("authentication required"),
                "{push} {reference}"
            );
            Ok(())
        },
    );
    cases.case("a refresh token as the identity token of a file", || {
        let answer = skopeo
            .curl
            .call(
                "/oauth2/exchange",
                &[
                    "-d",
                    "grant_type=access_token",
                    "--data-urlencode",
                    &skopeo.curl.form("service"),
                    "-d",
                    "access_token=entra",
                ],
            )?
            .expect(200)?;
        let token = answer.text("refresh_token")?;
        // The null GUID and no password, in Base64, as az and docker write it.
        let auth = "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOg==";
        let file = given(&client.auth_file(
            "identity.json",
            &json!({"auth": auth, "identitytoken": token}),
        )?);
        management::forget_requests(skopeo.registry)?;
        client.both_ways("identity", |_| file.clone())?;
        let tokens = management::requests(skopeo.registry, "token", 200)?;
        let posted = |query: &Option<String>| query.as_ref().is_none_or(String::is_empty);
        ensure!(
            !tokens.is_empty() && tokens.iter().all(|token| posted(&token.query)),
            "{tokens:?}"
        );
        Ok(())
    });
}

fn tokens(client: &Rights<'_>, cases: &mut Cases) {
    let skopeo = client.skopeo;
    cases.case("an access token that was got otherwise", || {
        let token = skopeo.curl.token("repository:rights/token:pull,push")?;
        client.both_ways("token", |side| format!("--{side}registry-token={token}"))
    });
    cases.case("an access token for something else is refused", || {
        let token = skopeo.curl.token("repository:rights/other:pull,push")?;
        let told = client.refused(&format!("--src-registry-token={token}"))?;
        ensure!(
            told.contains("unauthorized") || told.contains("authentication required"),
            "{told}"
        );
        Ok(())
    });
}

fn refusals(client: &Rights<'_>, cases: &mut Cases) {
    cases.case("a wrong password is refused", || {
        let user = &client.skopeo.registry.username;
        let told = client.refused(&format!("--src-creds={user}:wrong"))?;
        ensure!(
            told.contains("unauthorized") || told.contains("invalid username/password"),
            "{told}"
        );
        Ok(())
    });
    if client.skopeo.registry.ca.is_some() {
        cases.case("anybody may pull", || {
            let (folder, reference) = client.skopeo.layout("anonymous");
            let there = client.skopeo.at("rights/image:v1");
            client.skopeo.program.run([
                "copy",
                &client.trust("src-"),
                "--src-no-creds",
                &there,
                &reference,
            ])?;
            Layout::read(&folder)?.same_as(needed(&client.image)?)
        });
    } else {
        cases.case("nobody may pull without a name", || {
            let told = client.refused("--src-no-creds")?;
            ensure!(
                told.contains("unauthorized") || told.contains("authentication required"),
                "{told}"
            );
            Ok(())
        });
    }
    cases.case("nobody may push without a name", || {
        let image = needed(&client.image)?.reference();
        let there = client.skopeo.at("rights/anonymous:v1");
        let told = client.skopeo.program.refused([
            "copy",
            &client.trust("dest-"),
            "--dest-no-creds",
            &image,
            &there,
        ])?;
        ensure!(
            told.contains("unauthorized") || told.contains("authentication required"),
            "{told}"
        );
        Ok(())
    });
}
