package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Bytes that do not compress, others for each seed.
func noise(size int, seed int64) []byte {
	bytes := make([]byte, size)
	rand.New(rand.NewSource(seed)).Read(bytes)
	return bytes
}

func describe(mediaType string, content []byte) ocispec.Descriptor {
	return ocispec.Descriptor{
		MediaType: mediaType,
		Digest:    digest.FromBytes(content),
		Size:      int64(len(content)),
	}
}

func sameBytes(got, want []byte) error {
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%d other bytes instead of %d", len(got), len(want))
	}
	return nil
}

// An image manifest's bytes; marshalling these types cannot fail.
func manifestOf(config ocispec.Descriptor, layers []ocispec.Descriptor, more func(*ocispec.Manifest)) []byte {
	manifest := ocispec.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageManifest,
		Config:    config,
		Layers:    layers,
	}
	if more != nil {
		more(&manifest)
	}
	content, err := json.Marshal(manifest)
	if err != nil {
		panic(err)
	}
	return content
}

func indexOf(manifests []ocispec.Descriptor) []byte {
	content, err := json.Marshal(ocispec.Index{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: ocispec.MediaTypeImageIndex,
		Manifests: manifests,
	})
	if err != nil {
		panic(err)
	}
	return content
}
