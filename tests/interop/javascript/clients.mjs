// The SDK's clients, with their calls noted.

import {
  ContainerRegistryClient,
  ContainerRegistryContentClient,
} from "@azure/container-registry";
import { constructed } from "./coverage.mjs";
import { env, repositoryName } from "./harness.mjs";

/** What an application would get from Entra: any text. It keeps what was asked of it. */
export class Credential {
  asked = [];

  constructor(token = "an Entra token") {
    this.token = token;
  }

  async getToken(scopes) {
    this.asked.push([scopes].flat());
    return { token: this.token, expiresOnTimestamp: Date.now() + 3_600_000 };
  }
}

// Retries wait no second: what is tried again is, however soon.
const retryOptions = { maxRetries: 3, retryDelayInMs: 10 };

export function client(options = {}, credential = new Credential()) {
  return constructed(ContainerRegistryClient, [
    env.endpoint,
    credential,
    { retryOptions, ...options },
  ]);
}

export function anonymous() {
  return constructed(ContainerRegistryClient, [env.endpoint, { retryOptions }]);
}

/** A content client of a repository that no other case touches. */
export function content(name, options = {}, credential = new Credential()) {
  return constructed(ContainerRegistryContentClient, [
    env.endpoint,
    repositoryName(name),
    credential,
    { retryOptions, ...options },
  ]);
}
