// The SDK against what the other cases used of it.

import assert from "node:assert/strict";
import { check, common, offered } from "../coverage.mjs";
import { test } from "../harness.mjs";

test("every public method and option was exercised", () => {
  // The listing itself is held to what is known to be there: it could find too little.
  const methods = offered();
  assert.deepEqual(methods.get("ContainerRegistryContentClient.setManifest"), ["mediaType", "tag"]);
  assert.deepEqual(methods.get("RegistryArtifact.listTagProperties"), ["order"]);
  assert(methods.get("ContainerRegistryClient.constructor").includes("audience"));
  assert(methods.size >= 24, `${methods.size} methods`);
  assert(common().includes("abortSignal"));
  check();
});
