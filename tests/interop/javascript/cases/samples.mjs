// What the SDK's samples do, each looked at from the other side when it is done.

import assert from "node:assert/strict";
import { anonymous, client, content } from "../clients.mjs";
import { allRefused, failure, gather, repositoryName, test } from "../harness.mjs";
import { DOCKER_LIST, Image, digest, encode, index, noise } from "../images.mjs";

const DISALLOWED = [405, "REGISTRY_DISALLOWED_OPERATION"];

test("sample: walk of repositories and artifacts", async () => {
  const images = ["one", "two"].map((name) => new Image(name));
  for (const image of images) await image.push(content("walk"), `v${images.indexOf(image)}`);
  const registry = client();
  const found = {};
  for await (const name of registry.listRepositoryNames()) {
    if (name !== repositoryName("walk")) continue;
    const repository = registry.getRepository(name);
    for await (const manifest of repository.listManifestProperties()) {
      const artifact = repository.getArtifact(manifest.digest);
      for (const tag of manifest.tags) {
        found[tag] = (await artifact.getTagProperties(tag)).digest;
      }
    }
  }
  assert.deepEqual(found, { v0: images[0].digest, v1: images[1].digest });
});

test("sample: anonymous list tags", async () => {
  const image = new Image("anonymous");
  await image.push(content("anonymous"), "v1");
  const artifact = anonymous().getArtifact(repositoryName("anonymous"), "v1");
  assert.equal((await artifact.getManifestProperties()).digest, image.digest);
  const tags = await gather(artifact.listTagProperties());
  assert.deepEqual(tags.map((tag) => tag.name), ["v1"]);
  await allRefused([
    artifact.deleteTag("v1"),
    artifact.delete(),
    artifact.updateTagProperties("v1", { canWrite: false }),
    anonymous().deleteRepository(repositoryName("anonymous")),
  ], [401, "UNAUTHORIZED"]);
});

test("sample: set image properties", async () => {
  const image = new Image("locked");
  const other = new Image("other");
  const to = content("lock");
  await image.push(to, "v1");
  await other.push(to);
  const artifact = client().getArtifact(repositoryName("lock"), "v1");
  await artifact.updateTagProperties("v1", { canWrite: false, canDelete: false });
  await artifact.updateManifestProperties({ canWrite: false, canDelete: false });
  await allRefused([
    artifact.deleteTag("v1"),
    artifact.delete(),
    to.deleteManifest(image.digest),
    to.setManifest(other.bytes, { tag: "v1" }),
  ], DISALLOWED);
  assert.equal((await to.getManifest("v1")).digest, image.digest);
  await artifact.updateTagProperties("v1", { canWrite: true, canDelete: true });
  await artifact.updateManifestProperties({ canWrite: true, canDelete: true });
  await artifact.delete();
  assert.equal((await failure(to.getManifest("v1"))).statusCode, 404);
});

test("sample: delete images, all but the three newest", async () => {
  const images = [0, 1, 2, 3, 4].map((number) => new Image(`purge ${number}`));
  for (const image of images) await image.push(content("purge"), `v${images.indexOf(image)}`);
  const repository = client().getRepository(repositoryName("purge"));
  await repository.getArtifact("v1").updateManifestProperties({ canDelete: false });
  let count = 0;
  const newestFirst = await gather(
    repository.listManifestProperties({ order: "LastUpdatedOnDescending" }),
  );
  for (const manifest of newestFirst) {
    if (++count <= 3) continue;
    const artifact = repository.getArtifact(manifest.digest);
    await artifact.updateManifestProperties({ canDelete: true, canWrite: true });
    await artifact.delete();
  }
  const left = await gather(repository.listManifestProperties());
  const kept = images.slice(2).map((image) => image.digest);
  assert.deepEqual(left.map((each) => each.digest).sort(), kept.sort());
  const tags = await gather(repository.getArtifact("v4").listTagProperties());
  assert.deepEqual(tags.map((tag) => tag.name), ["v2", "v3", "v4"]);
});

test("sample: upload and download an image", async () => {
  const to = content("image");
  const [layer, config] = [noise(20_000, "layer"), encode({ architecture: "amd64", os: "linux" })];
  const [putLayer, putConfig] = [await to.uploadBlob(layer), await to.uploadBlob(config)];
  const manifest = {
    schemaVersion: 2,
    config: {
      digest: putConfig.digest,
      size: putConfig.sizeInBytes,
      mediaType: "application/vnd.oci.image.config.v1+json",
    },
    layers: [
      {
        digest: putLayer.digest,
        size: putLayer.sizeInBytes,
        mediaType: "application/vnd.oci.image.layer.v1.tar",
      },
    ],
  };
  const put = await to.setManifest(manifest, { tag: "demo" });
  const got = await to.getManifest("demo");
  assert.deepEqual([got.digest, digest(got.content)], [put.digest, put.digest]);
  for (const [part, data] of [
    [got.manifest.config, config],
    [got.manifest.layers[0], layer],
  ]) {
    const { content: stream } = await to.downloadBlob(part.digest);
    assert(Buffer.concat(await gather(stream)).equals(data));
  }
});

test("sample: upload and download a custom manifest", async () => {
  const to = content("custom");
  const images = ["amd64", "arm64"].map((a) => new Image(a, { architecture: a, docker: true }));
  for (const image of images) await image.push(to);
  const list = index(images, true);
  await to.setManifest(encode(list), { tag: "sample", mediaType: DOCKER_LIST });
  const got = await to.getManifest("sample");
  assert.deepEqual([got.mediaType, got.manifest], [DOCKER_LIST, list]);
  for (const child of got.manifest.manifests) {
    const one = await to.getManifest(child.digest);
    const { content: stream } = await to.downloadBlob(one.manifest.config.digest);
    const config = JSON.parse(Buffer.concat(await gather(stream)));
    assert.equal(config.architecture, child.platform.architecture);
  }
});
