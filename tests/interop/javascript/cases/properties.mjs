// Repositories, manifests and tags: list, properties, delete.

import assert from "node:assert/strict";
import { client, content } from "../clients.mjs";
import { allRefused, gather, refusal, repositoryName, test } from "../harness.mjs";
import { DOCKER_LIST, Image, digest, encode, index } from "../images.mjs";

const FLAGS = ["canDelete", "canList", "canRead", "canWrite"];
const ALL = Object.fromEntries(FLAGS.map((flag) => [flag, true]));
const NONE = Object.fromEntries(FLAGS.map((flag) => [flag, false]));
const flags = (from) => Object.fromEntries(FLAGS.map((flag) => [flag, from[flag]]));
const NOTHING = "sha256:" + "0".repeat(64);

/** Each flag off and on, all off, all on; answers and what is read back. */
async function updates(update, get) {
  for (const flag of FLAGS) {
    assert.deepEqual(flags(await update({ [flag]: false })), { ...ALL, [flag]: false });
    assert.deepEqual(flags(await get()), { ...ALL, [flag]: false }, "read back");
    assert.deepEqual(flags(await update({ [flag]: true })), ALL);
  }
  assert.deepEqual(flags(await update(NONE)), NONE);
  assert.deepEqual(flags(await update(ALL)), ALL);
}

/** Images pushed one after another, oldest first. */
async function pushed(name, count) {
  const images = [];
  for (let number = 0; number < count; number++) {
    const image = new Image(`${name} ${number}`);
    assert.equal((await image.push(content(name), `v${number}`)).digest, image.digest);
    images.push(image);
  }
  return images;
}

function inTime(start, properties) {
  assert(properties.createdOn instanceof Date);
  assert(properties.createdOn.getTime() >= start, "created before it was pushed");
  assert(properties.lastUpdatedOn >= properties.createdOn, "updated before it was created");
}

test("list repositories: all, by page, with a continuation", async () => {
  for (const name of ["c", "a", "b"]) await pushed(`list/${name}`, 1);
  const registry = client();
  const everything = await gather(registry.listRepositoryNames());
  assert.deepEqual(everything, [...everything].sort());
  for (const name of ["a", "b", "c"]) assert(everything.includes(repositoryName(`list/${name}`)));

  const pages = await gather(registry.listRepositoryNames().byPage({ maxPageSize: 2 }));
  assert.deepEqual(pages.flat(), everything);
  assert(pages.slice(0, -1).every((page) => page.length === 2));
  const { continuationToken } = pages[0];
  assert.match(continuationToken, /^\/acr\/v1\/_catalog\?/);
  const rest = await gather(registry.listRepositoryNames().byPage({ continuationToken }));
  assert.deepEqual(rest.flat(), everything.slice(2));
});

test("repository properties and their flags", async () => {
  const start = Date.now() - 1000;
  await pushed("repository", 2);
  const repository = client().getRepository(repositoryName("repository"));
  assert.equal(repository.name, repositoryName("repository"));
  const got = await repository.getProperties();
  assert.deepEqual(
    [got.name, got.manifestCount, got.tagCount],
    [repositoryName("repository"), 2, 2],
  );
  assert.equal(got.registryLoginServer, new URL(process.env.ACR_ENDPOINT).host);
  inTime(start, got);
  await updates(
    (options) => repository.updateProperties(options),
    () => repository.getProperties(),
  );
});

test("delete repository, both ways, and what is not there", async () => {
  const registry = client();
  for (const way of ["one", "two"]) {
    const name = repositoryName(`delete/${way}`);
    await pushed(`delete/${way}`, 1);
    const remove = () =>
      way === "one" ? registry.deleteRepository(name) : registry.getRepository(name).delete();
    await remove();
    const left = await gather(registry.listRepositoryNames());
    assert(!left.includes(name), "still listed");
    await remove();
    const gone = registry.getRepository(name);
    assert.deepEqual(await refusal(gone.getProperties()), [404, "NAME_UNKNOWN"]);
    assert.deepEqual(await refusal(gone.updateProperties(NONE)), [404, "NAME_UNKNOWN"]);
    assert.deepEqual(await refusal(gather(gone.listManifestProperties())), [404, "NAME_UNKNOWN"]);
  }
});

test("list manifests: orders and pages", async () => {
  const oldestFirst = (await pushed("manifests", 5)).map((image) => image.digest);
  const repository = client().getRepository(repositoryName("manifests"));
  const orders = [
    [{}, [...oldestFirst].sort()],
    [{ order: "LastUpdatedOnAscending" }, oldestFirst],
    [{ order: "LastUpdatedOnDescending" }, [...oldestFirst].reverse()],
  ];
  for (const [options, wanted] of orders) {
    const found = await gather(repository.listManifestProperties(options));
    assert.deepEqual(found.map((each) => each.digest), wanted);
    const pages = await gather(
      repository.listManifestProperties(options).byPage({ maxPageSize: 2 }),
    );
    const digests = pages.map((page) => page.map((each) => each.digest));
    assert.deepEqual(digests, [wanted.slice(0, 2), wanted.slice(2, 4), wanted.slice(4)]);
    const { continuationToken } = pages[1];
    const rest = repository.listManifestProperties(options).byPage({ continuationToken });
    assert.deepEqual((await gather(rest)).flat().map((each) => each.digest), wanted.slice(4));
  }
});

test("manifest properties by tag and digest, and their flags", async () => {
  const start = Date.now() - 1000;
  const image = new Image("properties", { architecture: "arm64", os: "windows" });
  await image.push(content("properties"), "v1");
  await content("properties").setManifest(image.bytes, { tag: "v2" });
  const repository = client().getRepository(repositoryName("properties"));
  // The SDK leaves the port out: with one, this is no reference that anybody could pull.
  const host = new URL(process.env.ACR_ENDPOINT).hostname;
  for (const reference of ["v1", image.digest]) {
    const artifact = repository.getArtifact(reference);
    const between = reference === "v1" ? ":" : "@";
    assert.equal(
      artifact.fullyQualifiedReference,
      `${host}/${repositoryName("properties")}${between}${reference}`,
    );
    const got = await artifact.getManifestProperties();
    assert.deepEqual(
      [got.digest, got.architecture, got.operatingSystem, got.sizeInBytes, [...got.tags].sort()],
      [image.digest, "arm64", "windows", image.size, ["v1", "v2"]],
    );
    assert.deepEqual(
      [got.repositoryName, got.registryLoginServer],
      [repositoryName("properties"), new URL(process.env.ACR_ENDPOINT).host],
    );
    assert.deepEqual(got.relatedArtifacts, []);
    inTime(start, got);
    await updates(
      (options) => artifact.updateManifestProperties(options),
      () => artifact.getManifestProperties(),
    );
  }
  assert.deepEqual(await refusal(repository.getArtifact("v3").getManifestProperties()), [
    404,
    "TAG_UNKNOWN",
  ]);
  await allRefused([
    repository.getArtifact(NOTHING).getManifestProperties(),
    repository.getArtifact(NOTHING).updateManifestProperties(NONE),
  ], [404, "MANIFEST_UNKNOWN"]);
});

test("manifest properties of a list name its images", async () => {
  const images = ["amd64", "arm64"].map(
    (architecture) => new Image(architecture, { architecture, docker: true }),
  );
  for (const image of images) await image.push(content("related"));
  const both = encode(index(images, true));
  await content("related").setManifest(both, { tag: "all", mediaType: DOCKER_LIST });
  const artifact = client().getArtifact(repositoryName("related"), "all");
  const got = await artifact.getManifestProperties();
  assert.deepEqual([got.digest, got.architecture], [digest(both), undefined]);
  const related = images.map((image) => ({
    digest: image.digest,
    architecture: image.platform.architecture,
    operatingSystem: "linux",
  }));
  assert.deepEqual(JSON.parse(JSON.stringify(got.relatedArtifacts)), related);
});

test("list tags: orders and pages", async () => {
  const oldestFirst = ["zeta", "Alpha", "v10", "v2", "beta"];
  const image = new Image("tags");
  for (const tag of oldestFirst) await image.push(content("tags"), tag);
  const artifact = client().getArtifact(repositoryName("tags"), image.digest);
  const orders = [
    [{}, [...oldestFirst].sort()],
    [{ order: "LastUpdatedOnAscending" }, oldestFirst],
    [{ order: "LastUpdatedOnDescending" }, [...oldestFirst].reverse()],
  ];
  for (const [options, wanted] of orders) {
    const found = await gather(artifact.listTagProperties(options));
    assert.deepEqual(found.map((each) => each.name), wanted);
    assert(found.every((each) => each.digest === image.digest));
    const pages = await gather(artifact.listTagProperties(options).byPage({ maxPageSize: 2 }));
    const names = pages.map((page) => page.map((each) => each.name));
    assert.deepEqual(names, [wanted.slice(0, 2), wanted.slice(2, 4), wanted.slice(4)]);
    const { continuationToken } = pages[0];
    const rest = artifact.listTagProperties(options).byPage({ continuationToken });
    assert.deepEqual((await gather(rest)).flat().map((each) => each.name), wanted.slice(2));
  }
});

test("tag properties and their flags", async () => {
  const start = Date.now() - 1000;
  const [image] = await pushed("tag", 1);
  const artifact = client().getArtifact(repositoryName("tag"), "v0");
  const got = await artifact.getTagProperties("v0");
  assert.deepEqual(
    [got.name, got.digest, got.repositoryName],
    ["v0", image.digest, repositoryName("tag")],
  );
  inTime(start, got);
  await updates(
    (options) => artifact.updateTagProperties("v0", options),
    () => artifact.getTagProperties("v0"),
  );
  await allRefused([artifact.getTagProperties("v1"), artifact.updateTagProperties("v1", NONE)], [404, "TAG_UNKNOWN"]);
});

test("delete tag and artifact, and what is not there", async () => {
  const [first, second] = await pushed("artifact", 2);
  const registry = client();
  const name = repositoryName("artifact");
  const artifact = registry.getArtifact(name, "v0");
  await artifact.deleteTag("v0");
  await artifact.deleteTag("v0");
  const tags = await gather(artifact.listTagProperties());
  assert.deepEqual(tags.map((tag) => tag.name), ["v1"]);
  assert.equal((await content("artifact").getManifest(first.digest)).digest, first.digest);
  await registry.getArtifact(name, "v1").delete();
  const left = await gather(registry.getRepository(name).listManifestProperties());
  assert.deepEqual(left.map((each) => each.digest), [first.digest]);
  await registry.getArtifact(name, second.digest).delete();
  assert.equal((await registry.getRepository(name).getProperties()).manifestCount, 1);
});
