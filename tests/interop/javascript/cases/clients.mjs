// Making clients, and what every call takes.

import assert from "node:assert/strict";
import { ContainerRegistryClient, KnownContainerRegistryAudience } from "@azure/container-registry";
import { Credential, client, content } from "../clients.mjs";
import { env, failure, gather, refusal, repositoryName, test } from "../harness.mjs";
import { Image } from "../images.mjs";

test("create client: audience of every cloud, service version", async () => {
  const image = new Image("cloud");
  await image.push(content("cloud"), "v1");
  const clouds = [undefined, ...Object.values(KnownContainerRegistryAudience)];
  assert.equal(clouds.length, 5);
  for (const audience of clouds) {
    const credential = new Credential();
    const options = { serviceVersion: "2021-07-01", ...(audience && { audience }) };
    const one = client(options, credential);
    assert.equal(one.endpoint, env.endpoint);
    const got = await one.getRepository(repositoryName("cloud")).getProperties();
    assert.equal(got.tagCount, 1);
    const scope = `${audience ?? "https://containerregistry.azure.net"}/.default`;
    assert.deepEqual(credential.asked, [[scope]]);

    const other = new Credential();
    const blobs = content("cloud", options, other);
    assert.deepEqual(
      [blobs.endpoint, blobs.repositoryName],
      [env.endpoint, repositoryName("cloud")],
    );
    assert.equal((await blobs.getManifest("v1")).digest, image.digest);
    assert.deepEqual(other.asked, [[scope]]);
  }
});

test("create client: a CA by tlsOptions, and none", async () => {
  const { readFileSync } = await import("node:fs");
  const ca = readFileSync(process.env.ACR_CA, "utf8");
  const image = new Image("ca");
  await image.push(content("ca", { tlsOptions: { ca } }), "v1");
  const got = await client().getArtifact(repositoryName("ca"), "v1").getManifestProperties();
  assert.equal(got.digest, image.digest);
  const { rootCertificates } = await import("node:tls");
  const distrustful = client({ tlsOptions: { ca: rootCertificates[0] } });
  const error = await failure(gather(distrustful.listRepositoryNames()));
  assert.match(error.message, /certificate|unable to verify/i);
});

test("http is refused by the SDK itself", async () => {
  const plain = new ContainerRegistryClient(env.httpEndpoint, new Credential(), {
    allowInsecureConnection: true,
  });
  const error = await failure(gather(plain.listRepositoryNames()));
  assert.match(error.message, /not permitted for non-TLS/);
});

test("an Entra token that has expired is refused", async () => {
  // {"alg":"none"} . {"exp":1} . any signature
  const credential = new Credential("eyJhbGciOiJub25lIn0.eyJleHAiOjF9.AA");
  const names = client({}, credential).listRepositoryNames();
  assert.deepEqual(await refusal(gather(names)), [401, "UNAUTHORIZED"]);
});

test("options of every call", async () => {
  await new Image("options").push(content("options"), "v1");
  const repository = client({ userAgentOptions: { userAgentPrefix: "my-tool" } }).getRepository(
    repositoryName("options"),
  );
  const seen = [];
  const got = await repository.getProperties({
    abortSignal: new AbortController().signal,
    requestOptions: { customHeaders: { "x-ms-client-request-id": "mine" }, timeout: 30_000 },
    tracingOptions: {},
    serializerOptions: { xml: {} },
    onResponse: (response) => seen.push(response),
  });
  assert.equal(got.name, repositoryName("options"));
  const [{ status, request, headers }] = seen;
  assert.equal(status, 200);
  assert.equal(request.headers.get("x-ms-client-request-id"), "mine");
  assert.match(request.headers.get("user-agent"), /^my-tool /);
  assert(headers.get("x-ms-correlation-request-id"));
  const aborted = repository.getProperties({ abortSignal: AbortSignal.abort() });
  assert.equal((await failure(aborted)).name, "AbortError");
});
