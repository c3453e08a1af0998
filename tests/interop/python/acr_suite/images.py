"""Content to push."""

import hashlib
import io
import json

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"

MIB = 1024 * 1024


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def noise(size, seed):
    """Bytes that no other seed gives: they depend on their place, so that a mix-up shows."""
    block = hashlib.shake_256(seed.encode()).digest(min(size, 64 * 1024) or 1)
    pieces = []
    for number in range(-(-size // len(block))):
        pieces.append(number.to_bytes(8, "big") + block[8:])
    return b"".join(pieces)[:size]


def encode(manifest):
    """As the SDK makes bytes of a dict."""
    return json.dumps(manifest).encode()


def descriptor(media_type, data, **more):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


class Image:
    """A manifest with its configuration and layers."""

    def __init__(self, name, *, architecture="amd64", os="linux", layers=1, docker=False):
        config = {"architecture": architecture, "os": os, "config": {"Labels": {"name": name}}}
        self.config = json.dumps(config).encode()
        self.layers = [noise(1024 + number, f"{name} {number}") for number in range(layers)]
        self.media_type = DOCKER_MANIFEST if docker else OCI_MANIFEST
        layer_type = DOCKER_LAYER if docker else OCI_LAYER
        self.manifest = {
            "schemaVersion": 2,
            "mediaType": self.media_type,
            "config": descriptor(DOCKER_CONFIG if docker else OCI_CONFIG, self.config),
            "layers": [descriptor(layer_type, layer) for layer in self.layers],
        }
        self.bytes = encode(self.manifest)
        self.digest = digest(self.bytes)
        self.size = len(self.config) + sum(map(len, self.layers))
        self.platform = {"architecture": architecture, "os": os}

    async def push(self, client, repository, tag=None):
        for blob in [self.config, *self.layers]:
            await client.upload_blob(repository, io.BytesIO(blob))
        return await client.set_manifest(
            repository, dict(self.manifest), tag=tag, media_type=self.media_type
        )


def index(images, *, docker=False):
    """An index, or docker's manifest list, of images."""
    return {
        "schemaVersion": 2,
        "mediaType": DOCKER_LIST if docker else OCI_INDEX,
        "manifests": [
            descriptor(image.media_type, image.bytes, platform=image.platform) for image in images
        ],
    }
