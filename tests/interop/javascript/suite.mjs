// The official JavaScript SDK, unmodified, against an emulator. The runner starts it, with the
// emulator's CA in NODE_EXTRA_CA_CERTS.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runAll, say } from "./harness.mjs";
import "./cases/clients.mjs";
import "./cases/properties.mjs";
import "./cases/content.mjs";
import "./cases/samples.mjs";
import "./cases/faults.mjs";
import "./cases/readme.mjs";
import "./cases/covered.mjs";

// dist/esm/index.js lies two folders below the package.
const module = dirname(fileURLToPath(import.meta.resolve("@azure/container-registry")));
const { name, version } = JSON.parse(readFileSync(join(module, "../../package.json"), "utf8"));
say({ client: name, version });
await runAll();
