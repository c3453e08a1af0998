// Faults of the service, and what the SDK makes of them.

import assert from "node:assert/strict";
import { once } from "node:events";
import { DigestMismatchError } from "@azure/container-registry";
import { client, content } from "../clients.mjs";
import { failure, gather, manage, refusal, repositoryName, test, withFault } from "../harness.mjs";
import { Image, MIB, digest, noise } from "../images.mjs";

const status = (status, more) => ({ status: { status, ...more } });

async function pushed(name) {
  const image = new Image(name);
  await image.push(content(name), "v1");
  return [image, client().getArtifact(repositoryName(name), "v1")];
}

test("fault: 429 with Retry-After is waited for", async () => {
  const [image, artifact] = await pushed("throttled");
  const fault = status(429, { retryAfterSeconds: 2, code: "TOOMANYREQUESTS" });
  const start = Date.now();
  const hits = await withFault({ operations: ["get_tag"], times: 1, fault }, async () => {
    assert.equal((await artifact.getTagProperties("v1")).digest, image.digest);
  });
  assert.equal(hits, 1);
  assert(Date.now() - start >= 1900, "it did not wait");
});

test("fault: 503 is tried again, and given up in the end", async () => {
  const [, artifact] = await pushed("unavailable");
  const fault = status(503, { code: "UNAVAILABLE", message: "later" });
  const twice = { operations: ["get_tag"], times: 2, fault };
  const hits = await withFault(twice, async () => {
    assert.equal((await artifact.getTagProperties("v1")).name, "v1");
  });
  assert.equal(hits, 2);
  const tries = await withFault({ operations: ["get_tag"], fault }, async () => {
    assert.deepEqual(await refusal(artifact.getTagProperties("v1")), [503, "UNAVAILABLE"]);
  });
  assert.equal(tries, 4, "one call and three retries");
});

test("fault: an access token that has expired is replaced", async () => {
  const [image, artifact] = await pushed("expired");
  // The SDK answers one challenge a call: that of the first comes before it has a token.
  await artifact.getTagProperties("v1");
  const hits = await withFault(
    { operations: ["get_tag"], times: 1, fault: { tokenExpired: {} } },
    async () => {
      assert.equal((await artifact.getTagProperties("v1")).digest, image.digest);
    },
  );
  assert.equal(hits, 1);
  // An hour and more: the access token that the SDK keeps has run out, not the refresh token.
  await manage("POST", "/clock", { advance_seconds: 4000 });
  assert.equal((await artifact.getTagProperties("v1")).digest, image.digest);
});

test("fault: a download that breaks off is no success", async () => {
  const blobs = content("cut");
  const data = noise(6 * MIB, "cut");
  await blobs.uploadBlob(data);
  const download = async () => gather((await blobs.downloadBlob(digest(data))).content);
  const fault = { cutAnswer: { afterBytes: MIB } };
  const hits = await withFault({ operations: ["download_blob"], fault }, async () => {
    const error = await failure(download());
    assert(!(error instanceof assert.AssertionError), error.message);
  });
  assert(hits >= 1, "the fault did not act");
  assert(Buffer.concat(await download()).equals(data), "afterwards");
});

test("fault: other bytes than asked for are noticed", async () => {
  const [image] = await pushed("bytes");
  const fault = { wrongBytes: { atByte: 10 } };
  const hits = await withFault({ operations: ["download_blob"], fault }, async () => {
    // The SDK throws where nobody can catch it: not to the reader, whose stream never ends.
    const thrown = once(process, "uncaughtException");
    const { content: stream } = await content("bytes").downloadBlob(digest(image.layer));
    stream.resume();
    assert((await thrown)[0] instanceof DigestMismatchError);
  });
  assert.equal(hits, 1);
});

test("fault: another digest than the bytes' is noticed", async () => {
  await pushed("digest");
  const to = content("digest");
  const operations = ["get_manifest", "complete_upload"];
  const hits = await withFault({ operations, fault: { wrongDigest: {} } }, async () => {
    assert((await failure(to.getManifest("v1"))) instanceof DigestMismatchError);
    assert((await failure(to.uploadBlob(Buffer.from("digest")))) instanceof DigestMismatchError);
  });
  assert.equal(hits, 2);
});

test("fault: an upload whose session is gone, and again from the start", async () => {
  const blobs = content("upload");
  const data = noise(9 * MIB, "upload");
  const fault = status(404, { code: "BLOB_UPLOAD_INVALID", message: "gone" });
  const hits = await withFault({ operations: ["upload_chunk"], nth: 2, fault }, async () => {
    assert.deepEqual(await refusal(blobs.uploadBlob(data)), [404, "BLOB_UPLOAD_INVALID"]);
    assert.equal((await blobs.uploadBlob(data)).digest, digest(data));
  });
  assert.equal(hits, 1);
});
