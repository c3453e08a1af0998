// Content to push.

import { createHash } from "node:crypto";

export const OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
export const OCI_INDEX = "application/vnd.oci.image.index.v1+json";
export const DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
export const DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json";
export const MIB = 1024 * 1024;

export function digest(data) {
  return "sha256:" + createHash("sha256").update(data).digest("hex");
}

/** Bytes that no other seed gives: they depend on their place, so that a mix-up shows. */
export function noise(size, seed) {
  const block = createHash("shake256", { outputLength: 4096 }).update(seed).digest();
  const data = Buffer.alloc(size);
  for (let at = 0; at < size; at += block.length) {
    block.writeUInt32BE(at);
    block.copy(data, at);
  }
  return data;
}

export const encode = (manifest) => Buffer.from(JSON.stringify(manifest));

/** A manifest with its configuration and one layer. */
export class Image {
  constructor(name, { architecture = "amd64", os = "linux", docker = false } = {}) {
    this.config = encode({ architecture, os, config: { Labels: { name } } });
    this.layer = noise(1000, name);
    this.mediaType = docker ? DOCKER_MANIFEST : OCI_MANIFEST;
    const describe = (mediaType, data) => ({
      mediaType,
      digest: digest(data),
      size: data.length,
    });
    this.manifest = {
      schemaVersion: 2,
      mediaType: this.mediaType,
      config: describe(
        docker
          ? "application/vnd.docker.container.image.v1+json"
          : "application/vnd.oci.image.config.v1+json",
        this.config,
      ),
      layers: [
        describe(
          docker
            ? "application/vnd.docker.image.rootfs.diff.tar.gzip"
            : "application/vnd.oci.image.layer.v1.tar",
          this.layer,
        ),
      ],
    };
    this.bytes = encode(this.manifest);
    this.digest = digest(this.bytes);
    this.size = this.config.length + this.layer.length;
    this.platform = { architecture, os };
    this.descriptor = {
      ...describe(this.mediaType, this.bytes),
      platform: this.platform,
    };
  }

  /** The bytes are pushed as they are: the SDK adds what it thinks is missing to an object. */
  async push(content, tag) {
    for (const blob of [this.config, this.layer]) await content.uploadBlob(blob);
    return content.setManifest(this.bytes, { tag, mediaType: this.mediaType });
  }
}

export function index(images, docker = false) {
  return {
    schemaVersion: 2,
    mediaType: docker ? DOCKER_LIST : OCI_INDEX,
    manifests: images.map((image) => image.descriptor),
  };
}
