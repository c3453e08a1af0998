// What the SDK offers, as its own declarations say, and what of it the cases used.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const used = new Map();

/** Every call of a method of these types is noted, with the names of its options. */
const TYPES = [
  "ContainerRegistryClient",
  "ContainerRegistryContentClient",
  "ContainerRepository",
  "RegistryArtifact",
];

function note(type, method, args) {
  const key = `${type}.${method}`;
  const options = used.get(key) ?? new Set();
  for (const each of args) {
    const plain = each && Object.getPrototypeOf(each) === Object.prototype;
    if (plain) for (const name of Object.keys(each)) options.add(name);
  }
  used.set(key, options);
}

/** The object, and what its methods give, with calls noted. */
export function noted(object, type) {
  return new Proxy(object, {
    get(target, name) {
      const value = target[name];
      if (typeof value !== "function") return value;
      return (...args) => {
        note(type, name, args);
        const answer = value.apply(target, args);
        if (name === "getArtifact") return noted(answer, "RegistryArtifact");
        if (name === "getRepository") return noted(answer, "ContainerRepository");
        return answer;
      };
    },
  });
}

export function constructed(Class, args) {
  note(Class.name, "constructor", args);
  return noted(new Class(...args), Class.name);
}

function declarations(module, filter = () => true) {
  let folder = dirname(fileURLToPath(import.meta.resolve(module)));
  const files = readdirSync(folder, { recursive: true }).filter(
    (file) => file.endsWith(".d.ts") && !file.startsWith("generated") && filter(file),
  );
  const text = files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
  return text.replace(/\/\*[^]*?\*\//g, "");
}

/** Interface → the names of its own options. */
function interfaces(text) {
  const found = new Map();
  for (const [, name, body] of text.matchAll(/interface (\w+)[^{]*\{([^}]*)\}/g)) {
    found.set(name, [...body.matchAll(/^\s*(?:readonly )?(\w+)\??:/gm)].map((match) => match[1]));
  }
  return found;
}

/** "Type.method" → its options, but for those that every method has. */
export function offered() {
  const text = declarations("@azure/container-registry");
  const options = interfaces(text);
  const methods = new Map();
  for (const type of TYPES) {
    const pattern = new RegExp(`(?:class|interface) ${type}(?: [^{]*)?\\{([^]*?)\\n\\}`);
    const body = pattern.exec(text)[1];
    for (const [, name, parameters] of body.matchAll(/^    (\w+)\(([^]*?)\)[:;]/gm)) {
      const taken = /options\??: (\w+)/.exec(parameters)?.[1];
      const known = methods.get(`${type}.${name}`) ?? [];
      methods.set(`${type}.${name}`, [...known, ...(options.get(taken) ?? [])]);
    }
  }
  return methods;
}

/** The options that every method has. */
export function common() {
  const text = declarations("@azure/core-client", (file) => file === "interfaces.d.ts");
  return interfaces(text).get("OperationOptions");
}

export function check() {
  const missed = {};
  for (const [method, options] of offered()) {
    const seen = used.get(method);
    if (!seen) missed[method] = "never called";
    const left = options.filter((option) => seen && !seen.has(option));
    if (left.length) missed[method] = left;
  }
  const everywhere = new Set([...used.values()].flatMap((options) => [...options]));
  for (const option of common()) {
    if (!everywhere.has(option)) missed[option] = "given to no method";
  }
  assert.deepEqual(missed, {}, "not exercised");
}
