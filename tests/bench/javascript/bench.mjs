// The cases by Azure's SDK for JavaScript, as its documentation has them done.

import { createReadStream, createWriteStream, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { pipeline } from "node:stream/promises";
import { text } from "node:stream/consumers";

// The SDK lies where it was installed, not here.
const require = createRequire(process.env.BENCH_MODULES);
const { ContainerRegistryClient, ContainerRegistryContentClient } = require("@azure/container-registry");
const { createDefaultHttpClient } = createRequire(require.resolve("@azure/container-registry"))(
  "@azure/core-rest-pipeline",
);

const AT_ONCE = 8;
const size = Number(process.env.BENCH_SIZE);
const count = Number(process.env.BENCH_COUNT);
const repository = `bench/${count}`;
const file = process.env.BENCH_FILE;

// The SDK sends no token over plain http. So it is told of https, and what it sends is sent over http.
const http = createDefaultHttpClient();
const httpClient = {
  sendRequest(request) {
    request.url = request.url.replace(/^https:/, "http:");
    request.allowInsecureConnection = true;
    return http.sendRequest(request);
  },
};
const credential = {
  getToken: async () => ({ token: "an Entra token", expiresOnTimestamp: Date.now() + 3_600_000 }),
};
const endpoint = process.env.BENCH_ENDPOINT.replace(/^http:/, "https:");
const content = new ContainerRegistryContentClient(endpoint, repository, credential, { httpClient });
const registry = new ContainerRegistryClient(endpoint, credential, { httpClient });

const digests = () => readFileSync(process.env.BENCH_DIGESTS, "utf8").trim().split("\n");

async function download() {
  const { content: stream } = await content.downloadBlob(digests()[0]);
  for await (const _ of stream);
}

async function downloadFile() {
  const { content: stream } = await content.downloadBlob(digests()[0]);
  await pipeline(stream, createWriteStream(`${file}.part`));
  const written = await open(`${file}.part`, "r+");
  await written.sync();
  await written.close();
  await rename(`${file}.part`, file);
}

async function eachOf(items, work) {
  const rest = items[Symbol.iterator]();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function push() {
  return eachOf(Array.from({ length: count }).keys(), async (number) => {
    const blob = Buffer.alloc(size, 7);
    blob.writeBigUInt64BE(BigInt(number));
    await content.uploadBlob(blob);
  });
}

function pull() {
  return eachOf(digests(), async (digest) => {
    let bytes = 0;
    for await (const piece of (await content.downloadBlob(digest)).content) bytes += piece.length;
    if (bytes !== size) throw new Error(`${bytes} bytes came`);
  });
}

async function tags() {
  let found = 0;
  // By its digest; the server makes no difference between artifacts.
  const artifact = registry.getArtifact(repository, `sha256:${"0".repeat(64)}`);
  for await (const page of artifact.listTagProperties().byPage({ maxPageSize: 1000 })) {
    found += page.length;
  }
  if (found !== count) throw new Error(`${found} tags came`);
}

const cases = {
  upload: () => content.uploadBlob(createReadStream(file)),
  download,
  "download-file": downloadFile,
  push,
  pull,
  tags,
};

const start = performance.now();
await cases[process.env.BENCH_CASE]();
console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }));
await text(process.stdin);
