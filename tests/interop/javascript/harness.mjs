// Cases, the JSON line of each, and what the runner tells of the emulator.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";

export const env = {
  endpoint: process.env.ACR_ENDPOINT,
  httpEndpoint: process.env.ACR_HTTP_ENDPOINT,
  management: process.env.ACR_MANAGEMENT,
  work: process.env.ACR_WORK,
};

const cases = [];

export function test(name, run) {
  cases.push({ name, run });
}

export function say(line) {
  process.stdout.write(JSON.stringify(line) + "\n");
}

/** Runs every case. One that throws has failed. */
export async function runAll() {
  for (const { name, run } of cases) {
    try {
      await run();
      say({ case: name, outcome: "passed" });
    } catch (error) {
      console.error(name, error);
      const where = /\/cases\/[^\s)]+/.exec(error.stack ?? "")?.[0] ?? "";
      const reason = `${error.name}: ${error.message} ${where}`.slice(0, 600);
      say({ case: name, outcome: "failed", reason });
    }
  }
}

// So that a second run against the same emulator finds nothing of the first.
const run = randomBytes(4).toString("hex");

/** A repository that no other case touches. */
export function repositoryName(name) {
  return `javascript-${run}/${name}`;
}

/** A call to the emulator's management API. */
export async function manage(method, path, body) {
  const answer = await fetch(env.management + path, {
    method,
    headers: body && { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : undefined;
}

/** What happens while the emulator has this fault; gives how often it acted. */
export async function withFault(rule, run) {
  const { id } = await manage("POST", "/faults", rule);
  try {
    await run();
    const rules = await manage("GET", "/faults");
    return rules.find((each) => each.id === id).hits;
  } finally {
    await manage("DELETE", `/faults/${id}`);
  }
}

export async function gather(items) {
  const all = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The error that a promise is rejected with. */
export async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

/** Status and code of the error that the service answers with. */
export async function refusal(promise) {
  const error = await failure(promise);
  let body;
  try {
    body = JSON.parse(error.response.bodyAsText);
  } catch {
    throw error;
  }
  return [error.statusCode, body.errors[0].code];
}

/** All of these calls, at once, are answered by this status and code. */
export async function allRefused(calls, wanted) {
  for (const got of await Promise.all(calls.map(refusal))) assert.deepEqual(got, wanted);
}
