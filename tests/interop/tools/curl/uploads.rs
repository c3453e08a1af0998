//! Blobs in, in every way.

use anyhow::{Context as _, Result, ensure};

use super::{
    super::{
        cases::Cases,
        image::{digest_of, noise},
    },
    call::{Answer, Curl},
};

const SCOPE: &str = "repository:up/load:pull,push,delete repository:other:pull,push";
const UPLOADS: &str = "/v2/up/load/blobs/uploads/";
const BYTES: &str = "Content-Type: application/octet-stream";

pub(super) fn run(curl: &Curl<'_>, cases: &mut Cases) {
    let Some(token) = cases.case("a token", || curl.token(SCOPE)) else {
        return;
    };
    let up = Up { curl, token };
    whole(&up, cases);
    chunks(&up, cases);
    mounts(&up, cases);
}

struct Up<'a> {
    curl: &'a Curl<'a>,
    token: String,
}

impl Up<'_> {
    fn send(&self, method: &str, path: &str, more: &[&str]) -> Result<Answer> {
        let mut arguments = vec!["-X", method, "-H", BYTES];
        arguments.extend(more);
        self.curl.authorized(&self.token, path, &arguments)
    }

    /// A new session.
    fn start(&self) -> Result<String> {
        let answer = self.send("POST", UPLOADS, &["-d", ""])?.expect(202)?;
        location(&answer.expect_header("Range", "0-0")?)
    }

    /// Ends a session with this last piece.
    fn finish(&self, session: &str, digest: &str, last: &[u8]) -> Result<Answer> {
        let file = self.curl.file("last", last)?;
        self.send(
            "PUT",
            &format!("{session}&digest={digest}"),
            &["--data-binary", &file],
        )
    }

    fn holds(&self, digest: &str, len: usize) -> Result<Answer> {
        let path = format!("/v2/up/load/blobs/{digest}");
        let answer = self
            .curl
            .authorized(&self.token, &path, &["-I"])?
            .expect(200)?;
        answer
            .expect_header("Content-Length", &len.to_string())?
            .expect_header("Docker-Content-Digest", digest)
    }
}

fn location(answer: &Answer) -> Result<String> {
    let location = answer.header("Location")?;
    ensure!(location.starts_with("/v2/"), "Location: {location}");
    Ok(location.to_owned())
}

fn whole(up: &Up<'_>, cases: &mut Cases) {
    let blob = noise(100_000, 1);
    let digest = digest_of(&blob);
    cases.case("one POST", || {
        let file = up.curl.file("blob", &blob)?;
        let path = format!("{UPLOADS}?digest={digest}");
        let answer = up
            .send("POST", &path, &["--data-binary", &file])?
            .expect(201)?;
        let at = format!("/v2/up/load/blobs/{digest}");
        answer
            .expect_header("Location", &at)?
            .expect_header("Docker-Content-Digest", &digest)?;
        up.holds(&digest, blob.len())
    });
    cases.case("POST and PUT", || {
        let blob = noise(5_000_000, 2);
        let digest = digest_of(&blob);
        up.finish(&up.start()?, &digest, &blob)?
            .expect(201)?
            .expect_header("Docker-Content-Digest", &digest)?;
        up.holds(&digest, blob.len())
    });
    cases.case("an empty blob", || {
        let digest = digest_of(b"");
        up.finish(&up.start()?, &digest, b"")?.expect(201)?;
        up.holds(&digest, 0)
    });
    cases.case("what is there already, once more", || {
        up.finish(&up.start()?, &digest, &blob)?
            .expect(201)?
            .expect_header("Docker-Content-Digest", &digest)
    });
    cases.case("other bytes than the digest says are refused", || {
        let answer = up
            .finish(&up.start()?, &digest_of(b"else"), &blob)?
            .expect_error(400, "DIGEST_INVALID")?;
        let path = format!("/v2/up/load/blobs/{}", digest_of(b"else"));
        up.curl.authorized(&up.token, &path, &["-I"])?.expect(404)?;
        Ok(answer)
    });
    cases.case("a blob that is not there", || {
        let path = format!("/v2/up/load/blobs/{}", digest_of(b"nowhere"));
        up.curl
            .authorized(&up.token, &path, &[])?
            .expect_error(404, "BLOB_UNKNOWN")
    });
    cases.case("a deleted blob is gone", || {
        let blob = noise(10, 77);
        let digest = digest_of(&blob);
        up.finish(&up.start()?, &digest, &blob)?.expect(201)?;
        let path = format!("/v2/up/load/blobs/{digest}");
        up.send("DELETE", &path, &[])?.expect(202)?;
        up.curl.authorized(&up.token, &path, &["-I"])?.expect(404)
    });
}

fn chunks(up: &Up<'_>, cases: &mut Cases) {
    let blob = noise(3000, 3);
    let digest = digest_of(&blob);
    let patch = |session: &str, range: &str, bytes: &[u8]| -> Result<Answer> {
        let file = up.curl.file("chunk", bytes)?;
        let range = format!("Content-Range: {range}");
        up.send("PATCH", session, &["-H", &range, "--data-binary", &file])
    };
    cases.case("chunks with their ranges", || {
        let mut session = up.start()?;
        for (position, chunk) in blob.chunks(1000).enumerate() {
            let range = format!("{}-{}", position * 1000, position * 1000 + 999);
            let answer = patch(&session, &range, chunk)?.expect(202)?;
            session =
                location(&answer.expect_header("Range", &format!("0-{}", position * 1000 + 999))?)?;
        }
        up.finish(&session, &digest, b"")?.expect(201)?;
        up.holds(&digest, blob.len())
    });
    cases.case(
        "a chunk without a length, as curl sends what it reads",
        || {
            let blob = noise(2_000_000, 4);
            let (digest, file) = (digest_of(&blob), up.curl.file("stream", &blob)?);
            let more = [
                "-H",
                "Transfer-Encoding: chunked",
                "-T",
                file.trim_start_matches('@'),
            ];
            let answer = up.send("PATCH", &up.start()?, &more)?.expect(202)?;
            up.finish(&location(&answer)?, &digest, b"")?.expect(201)?;
            up.holds(&digest, blob.len())
        },
    );
    cases.case("the last chunk in the PUT", || {
        let blob = noise(1500, 5);
        let answer = patch(&up.start()?, "0-999", &blob[..1000])?.expect(202)?;
        up.finish(&location(&answer)?, &digest_of(&blob), &blob[1000..])?
            .expect(201)?;
        up.holds(&digest_of(&blob), 1500)
    });
    cases.case(
        "a chunk too far ahead is refused; the session tells where it is, and goes on",
        || {
            let blob = noise(2000, 6);
            let answer = patch(&up.start()?, "0-999", &blob[..1000])?.expect(202)?;
            let session = location(&answer)?;
            let early = patch(&session, "1500-1999", &blob[1500..])?;
            early.expect_error(416, "BLOB_UPLOAD_RANGE_INVALID")?;
            let again = patch(&session, "0-999", &blob[..1000])?.expect(416)?;
            let session = location(&again.expect_header("Range", "0-999")?)?;
            let status = up.send("GET", &session, &[])?.expect(204)?;
            let session = location(&status.expect_header("Range", "0-999")?)?;
            up.finish(&session, &digest_of(&blob), &blob[1000..])?
                .expect(201)
        },
    );
    cases.case("a session that was given up is gone", || {
        let session = up.start()?;
        up.send("DELETE", &session, &[])?.expect(204)?;
        up.send("GET", &session, &[])?.expect(404)
    });
}

fn mounts(up: &Up<'_>, cases: &mut Cases) {
    let blob = noise(100_000, 1);
    let digest = digest_of(&blob);
    cases.case("a blob is mounted from another repository", || {
        let path = format!("/v2/other/blobs/uploads/?mount={digest}&from=up%2Fload");
        let answer = up.send("POST", &path, &["-d", ""])?.expect(201)?;
        answer.expect_header("Location", &format!("/v2/other/blobs/{digest}"))?;
        let path = format!("/v2/other/blobs/{digest}");
        let head = up.curl.authorized(&up.token, &path, &["-I"])?.expect(200)?;
        head.expect_header("Content-Length", "100000")
    });
    cases.case("what cannot be mounted becomes a session", || {
        let missing = digest_of(b"missing");
        let path = format!("/v2/other/blobs/uploads/?mount={missing}&from=up%2Fload");
        let answer = up.send("POST", &path, &["-d", ""])?.expect(202)?;
        answer
            .header("Location")
            .map(str::to_owned)
            .context("a session")
    });
}
