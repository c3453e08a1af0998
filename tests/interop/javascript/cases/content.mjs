// Manifests and blobs.

import assert from "node:assert/strict";
import { createReadStream, createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { KnownManifestMediaType } from "@azure/container-registry";
import { client, content } from "../clients.mjs";
import { env, failure, gather, refusal, repositoryName, test } from "../harness.mjs";
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  Image,
  MIB,
  OCI_INDEX,
  OCI_MANIFEST,
  digest,
  encode,
  index,
  noise,
} from "../images.mjs";

async function same(from, reference, data, mediaType) {
  const got = await from.getManifest(reference);
  assert.deepEqual([got.mediaType, got.digest], [mediaType, digest(data)]);
  assert(got.content.equals(data), "other bytes");
  assert.deepEqual(got.manifest, JSON.parse(data));
}

test("set manifest: an object, bytes and a stream, with and without a tag", async () => {
  const to = content("content");
  const image = new Image("content");
  for (const blob of [image.config, image.layer]) await to.uploadBlob(blob);
  const { digest: name } = await to.setManifest(image.manifest);
  const first = await to.getManifest(name);
  assert.equal(digest(first.content), name);
  assert.deepEqual(first.manifest.layers, image.manifest.layers);
  const registry = client().getRepository(repositoryName("content"));
  assert.equal((await registry.getProperties()).tagCount, 0);

  const spaced = Buffer.from(JSON.stringify(image.manifest, null, 3));
  for (const [tag, data] of [
    ["bytes", spaced],
    ["stream", Readable.from([spaced.subarray(0, 9), spaced.subarray(9)])],
  ]) {
    const { digest: given } = await to.setManifest(data, {
      tag,
      mediaType: KnownManifestMediaType.OciImageManifest,
    });
    assert.equal(given, digest(spaced));
    await same(to, tag, spaced, OCI_MANIFEST);
    await same(to, given, spaced, OCI_MANIFEST);
  }
  assert.equal((await registry.getProperties()).tagCount, 2);
});

test("set manifest: docker image, docker list, OCI index", async () => {
  const to = content("types");
  const docker = ["amd64", "arm"].map((a) => new Image(a, { architecture: a, docker: true }));
  const oci = ["amd64", "arm"].map((a) => new Image(a, { architecture: a }));
  for (const image of [...docker, ...oci]) await image.push(to);
  for (const [tag, data, mediaType] of [
    ["docker", docker[0].bytes, DOCKER_MANIFEST],
    ["list", encode(index(docker, true)), DOCKER_LIST],
    ["index", encode(index(oci)), OCI_INDEX],
  ]) {
    const { digest: name } = await to.setManifest(data, { tag, mediaType });
    assert.equal(name, digest(data));
    await same(to, tag, data, mediaType);
    await same(to, name, data, mediaType);
  }
});

test("set manifest: types that do not fit, and blobs that are not there", async () => {
  const to = content("refused");
  const image = new Image("refused");
  await image.push(to);
  for (const mediaType of ["application/vnd.example.manifest+json", DOCKER_MANIFEST]) {
    assert.deepEqual(await refusal(to.setManifest(image.bytes, { tag: "v1", mediaType })), [
      400,
      "MANIFEST_INVALID",
    ]);
  }
  const [, code] = await refusal(to.setManifest(new Image("unpushed").bytes, { tag: "v1" }));
  assert.equal(code, "MANIFEST_BLOB_UNKNOWN");
  assert.equal((await failure(to.getManifest("v1"))).statusCode, 404);
});

test("a manifest of 3.9 MB", async () => {
  const to = content("large");
  const image = new Image("large");
  await image.push(to);
  const filler = { "org.example.filler": "x".repeat(3_900_000) };
  const data = encode({ ...image.manifest, annotations: filler });
  await to.setManifest(data, { tag: "large" });
  await same(to, "large", data, OCI_MANIFEST);
});

test("get manifest: what is not there", async () => {
  const from = content("missing");
  await new Image("missing").push(from, "v1");
  for (const reference of ["v2", "sha256:" + "0".repeat(64)]) {
    const error = await failure(from.getManifest(reference));
    // The SDK does not read the body of an answer that it would have streamed.
    assert.deepEqual([error.name, error.statusCode], ["RestError", 404]);
  }
});

test("upload and download blobs of every size", async () => {
  const blobs = content("sizes");
  for (const size of [0, 1, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 10 * MIB]) {
    const data = noise(size, `${size}`);
    // Pieces of another size than the chunks that the SDK makes of them.
    const pieces = [];
    for (let at = 0; at < size; at += 1_000_003) pieces.push(data.subarray(at, at + 1_000_003));
    for (const blob of [data, Readable.from(pieces)]) {
      const put = await blobs.uploadBlob(blob);
      assert.deepEqual(put, { digest: digest(data), sizeInBytes: size });
    }
    const got = await blobs.downloadBlob(digest(data));
    assert.equal(got.digest, digest(data));
    assert(Buffer.concat(await gather(got.content)).equals(data), `${size} bytes`);
  }
});

test("upload and download by way of files", async () => {
  const blobs = content("files");
  const data = noise(5 * MIB, "files");
  const [source, target] = ["source", "target"].map((name) => join(env.work, `javascript-${name}`));
  writeFileSync(source, data);
  const { digest: name } = await blobs.uploadBlob(createReadStream(source));
  assert.equal(name, digest(data));
  const { content: stream } = await blobs.downloadBlob(name);
  await pipeline(stream, createWriteStream(target));
  assert.equal(digest(readFileSync(target)), digest(data));
});

test("delete blob and manifest, and what is not there", async () => {
  const to = content("delete");
  const image = new Image("delete");
  await image.push(to, "v1");
  const stray = noise(10, "stray");
  await to.uploadBlob(stray);
  assert.equal((await gather((await to.downloadBlob(digest(stray))).content)).length, 1);
  await to.deleteBlob(digest(stray));
  assert.equal((await failure(to.downloadBlob(digest(stray)))).statusCode, 404);
  await to.deleteBlob(digest(stray));
  await to.deleteManifest(image.digest);
  assert.equal((await failure(to.getManifest("v1"))).statusCode, 404);
  await to.deleteManifest(image.digest);
});
