// The JavaScript snippet of the emulator's README, as it stands there.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { client } from "../clients.mjs";
import { env, test } from "../harness.mjs";

// Installed below target/, three folders from the root.
const README = new URL("../../../../crates/acr-emulator/README.md", import.meta.url);
// Modules are looked for beside the program.
const PROGRAM = fileURLToPath(new URL(`../readme-${process.pid}.mjs`, import.meta.url));

test("README: the JavaScript snippet", async () => {
  const blocks = [...readFileSync(README, "utf8").matchAll(/^```js\n([^]*?)^```$/gm)];
  assert.equal(blocks.length, 1);
  let code = blocks[0][1];
  for (const [there, here] of [
    ["https://127.0.0.1:5000", env.endpoint],
    ["http://127.0.0.1:5001", env.management],
  ]) {
    assert.equal(code.split(there).length, 2, `${there} in the README`);
    code = code.replace(there, here);
  }
  writeFileSync(PROGRAM, code);
  try {
    // Without the runner's help: it must find the CA by itself.
    const { NODE_EXTRA_CA_CERTS: _, ...alone } = process.env;
    const output = execFileSync(process.execPath, [PROGRAM], { encoding: "utf8", env: alone });
    const tag = await client().getArtifact("hello/js", "v1").getTagProperties("v1");
    assert.equal(output, `v1 ${tag.digest}\nHello, world!\n`);
  } finally {
    rmSync(PROGRAM);
  }
});
