//! Blobs out: the redirect to the storage host, and ranges there.

use anyhow::{Result, ensure};

use super::{
    super::{
        cases::{Cases, needed},
        image::{digest_of, noise},
    },
    call::Curl,
};

pub(super) fn run(curl: &Curl<'_>, cases: &mut Cases) {
    let blob = noise(1_000_000, 9);
    let path = format!("/v2/down/blobs/{}", digest_of(&blob));
    let token = cases.case("a blob to get", || {
        let token = curl.token("repository:down:pull,push")?;
        let upload = format!("/v2/down/blobs/uploads/?digest={}", digest_of(&blob));
        let file = curl.file("blob", &blob)?;
        let more = [
            "-H",
            "Content-Type: application/octet-stream",
            "--data-binary",
            &file,
        ];
        curl.authorized(&token, &upload, &more)?.expect(201)?;
        Ok(token)
    });
    cases.case("the registry sends on to another host name", || {
        let answer = curl.authorized(needed(&token)?, &path, &[])?.expect(307)?;
        let answer = answer.expect_header("Docker-Content-Digest", &digest_of(&blob))?;
        let (from, to) = (
            host(&curl.registry.endpoint),
            host(answer.header("Location")?),
        );
        ensure!(from != to, "{to} is where the token is for");
        Ok(())
    });
    cases.case("-L gets the bytes, and leaves the token behind", || {
        curl.authorized(needed(&token)?, &path, &["-L"])?
            .expect(200)?
            .expect_body(&blob)
    });
    cases.case("a client that carries the token along is refused", || {
        curl.authorized(needed(&token)?, &path, &["-L", "--location-trusted"])?
            .expect(400)
    });
    for (range, bytes, told) in [
        ("0-9", &blob[..10], "bytes 0-9/1000000"),
        ("999990-", &blob[999_990..], "bytes 999990-999999/1000000"),
        (
            "999000-2000000",
            &blob[999_000..],
            "bytes 999000-999999/1000000",
        ),
    ] {
        cases.case(&format!("the range {range}"), || {
            let answer = curl.authorized(needed(&token)?, &path, &["-L", "-r", range])?;
            answer
                .expect(206)?
                .expect_header("Content-Range", told)?
                .expect_body(bytes)
        });
    }
    cases.case("a range beyond the end", || {
        let answer = curl.authorized(needed(&token)?, &path, &["-L", "-r", "1000000-"])?;
        answer
            .expect(416)?
            .expect_header("Content-Range", "bytes */1000000")
    });
    cases.case(
        "a pre-signed address needs nothing else, and only as it is",
        || -> Result<()> {
            let answer = curl.authorized(needed(&token)?, &path, &[])?.expect(307)?;
            let address = answer.header("Location")?;
            curl.call(address, &[])?.expect(200)?.expect_body(&blob)?;
            curl.call(&address.replace("sig=", "sig=0"), &[])?
                .expect(403)?;
            Ok(())
        },
    );
    cases.case("HEAD is answered by the registry itself", || {
        let answer = curl
            .authorized(needed(&token)?, &path, &["-I"])?
            .expect(200)?;
        answer.expect_header("Content-Length", "1000000")
    });
}

fn host(url: &str) -> &str {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    rest.split([':', '/']).next().unwrap_or_default()
}
