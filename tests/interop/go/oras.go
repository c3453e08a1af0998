package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/content/oci"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/retry"
)

// What the program oras is made of.
func orasGo(c *cases, r *registry) {
	o := &orasSuite{cases: c, registry: r}
	o.blobs()
	o.manifests()
	o.copies()
	o.referrers()
	o.deletes()
	o.identities()
	o.faults()
}

type orasSuite struct {
	*cases
	*registry
}

var background = context.Background()

// A repository, seen by the admin user.
func (o *orasSuite) repository(name string) *remote.Repository {
	return o.as(name, auth.Credential{Username: o.username, Password: o.password})
}

func (o *orasSuite) as(name string, credential auth.Credential) *remote.Repository {
	repository, err := remote.NewRepository(o.host + "/" + name)
	if err != nil {
		panic(err)
	}
	repository.PlainHTTP = o.plainHTTP()
	repository.Client = o.authClient(credential)
	return repository
}

func (o *orasSuite) authClient(credential auth.Credential) *auth.Client {
	return &auth.Client{
		Client:     &http.Client{Transport: retry.NewTransport(o.wire)},
		Credential: auth.StaticCredential(o.host, credential),
		Cache:      auth.NewCache(),
	}
}

func (o *orasSuite) blobs() {
	repository := o.repository("oras/blobs")
	blob := noise(3_000_000, 1)
	descriptor := describe("application/octet-stream", blob)
	o.run("a blob is pushed", func() error {
		return repository.Push(background, descriptor, bytes.NewReader(blob))
	})
	o.run("it is there", func() error {
		there, err := repository.Exists(background, descriptor)
		return first(err, same("there", there, true))
	})
	o.run("it is fetched", func() error {
		fetched, err := content.FetchAll(background, repository, descriptor)
		return first(err, sameBytes(fetched, blob))
	})
	o.run("it is read from the middle: the storage host knows ranges", func() error {
		reader, err := repository.Fetch(background, descriptor)
		if err != nil {
			return err
		}
		defer reader.Close()
		seeker, ok := reader.(io.ReadSeeker)
		if !ok {
			return fmt.Errorf("it cannot be sought")
		}
		if _, err := seeker.Seek(2_000_000, io.SeekStart); err != nil {
			return err
		}
		rest, err := io.ReadAll(seeker)
		return first(err, sameBytes(rest, blob[2_000_000:]))
	})
	o.run("it is resolved by its digest", func() error {
		resolved, err := repository.Blobs().Resolve(background, descriptor.Digest.String())
		return first(err, same("size", resolved.Size, descriptor.Size), same("digest", resolved.Digest, descriptor.Digest))
	})
	o.run("a blob of other bytes is refused", func() error {
		err := repository.Push(background, describe("application/octet-stream", []byte("one")), strings.NewReader("two"))
		return refused("it", err)
	})
	o.run("a blob that is not there is not found", func() error {
		missing := describe("application/octet-stream", []byte("missing"))
		there, err := repository.Exists(background, missing)
		if err := first(err, same("there", there, false)); err != nil {
			return err
		}
		_, err = repository.Fetch(background, missing)
		return same("not found", errors.Is(err, errdef.ErrNotFound), true)
	})
	o.run("it is mounted into another repository", func() error {
		o.wire.forget()
		other := o.repository("oras/mounted")
		err := other.Mount(background, descriptor, "oras/blobs", func() (io.ReadCloser, error) {
			return nil, fmt.Errorf("it was to be uploaded instead")
		})
		if err := first(err, same("mounts", o.wire.count("mount=sha256"), 2)); err != nil {
			return err
		}
		fetched, err := content.FetchAll(background, other, descriptor)
		return first(err, sameBytes(fetched, blob))
	})
	o.run("what cannot be mounted is uploaded", func() error {
		fresh := noise(1000, 2)
		descriptor := describe("application/octet-stream", fresh)
		other := o.repository("oras/mounted")
		err := other.Mount(background, descriptor, "oras/blobs", func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(fresh)), nil
		})
		if err != nil {
			return err
		}
		fetched, err := content.FetchAll(background, other, descriptor)
		return first(err, sameBytes(fetched, fresh))
	})
}

func (o *orasSuite) manifests() {
	repository := o.repository("oras/manifests")
	var packed ocispec.Descriptor
	o.run("an artifact is packed and tagged", func() error {
		layer, err := oras.PushBytes(background, repository, "text/plain", []byte("hello"))
		if err != nil {
			return err
		}
		options := oras.PackManifestOptions{
			Layers:              []ocispec.Descriptor{layer},
			ManifestAnnotations: map[string]string{ocispec.AnnotationCreated: "2024-01-01T00:00:00Z"},
		}
		packed, err = oras.PackManifest(background, repository, oras.PackManifestVersion1_1, "application/x-test", options)
		return first(err, repository.Tag(background, packed, "v1"))
	})
	o.run("a tag is resolved", func() error {
		resolved, err := repository.Resolve(background, "v1")
		return first(err, same("digest", resolved.Digest, packed.Digest), same("size", resolved.Size, packed.Size), same("type", resolved.MediaType, packed.MediaType))
	})
	o.run("a manifest is fetched by its tag and its digest", func() error {
		_, byTag, err := oras.FetchBytes(background, repository, "v1", oras.DefaultFetchBytesOptions)
		if err != nil {
			return err
		}
		_, byDigest, err := oras.FetchBytes(background, repository, packed.Digest.String(), oras.DefaultFetchBytesOptions)
		return first(err, sameBytes(byTag, byDigest), same("digest", describe("", byTag).Digest, packed.Digest))
	})
	o.run("it gets many tags, which are listed by pages", func() error {
		names := []string{"t1", "t2", "t3", "t4", "t5"}
		if _, err := oras.TagN(background, repository, "v1", names, oras.DefaultTagNOptions); err != nil {
			return err
		}
		repository.TagListPageSize = 2
		var told []string
		pages := 0
		err := repository.Tags(background, "", func(tags []string) error {
			told, pages = append(told, tags...), pages+1
			return nil
		})
		return first(err, same("tags", strings.Join(told, " "), "t1 t2 t3 t4 t5 v1"), same("pages", pages, 3))
	})
	o.run("tags are listed from one on", func() error {
		var told []string
		err := repository.Tags(background, "t3", func(tags []string) error {
			told = append(told, tags...)
			return nil
		})
		return first(err, same("tags", strings.Join(told, " "), "t4 t5 v1"))
	})
	o.run("repositories are listed by pages", func() error {
		registry, err := remote.NewRegistry(o.host)
		if err != nil {
			return err
		}
		registry.PlainHTTP, registry.RepositoryListPageSize = o.plainHTTP(), 1
		registry.Client = o.authClient(auth.Credential{Username: o.username, Password: o.password})
		if err := registry.Ping(background); err != nil {
			return err
		}
		var told []string
		err = registry.Repositories(background, "oras", func(repositories []string) error {
			told = append(told, repositories...)
			return nil
		})
		// A repository without a manifest may be there or not.
		return first(err, same("manifests", slices.Contains(told, "oras/manifests"), true), same("sorted", slices.IsSorted(told), true))
	})
	o.run("a tag that is not there is not found", func() error {
		_, err := repository.Resolve(background, "none")
		return same("not found", errors.Is(err, errdef.ErrNotFound), true)
	})
}

func (o *orasSuite) copies() {
	source := o.repository("oras/source")
	var index ocispec.Descriptor
	o.run("an index of two images is pushed from a layout", func() error {
		store, err := oci.New(o.work + "/layout")
		if err != nil {
			return err
		}
		index, err = o.layout(store)
		if err != nil {
			return err
		}
		copied, err := oras.Copy(background, store, "index", source, "index", oras.DefaultCopyOptions)
		return first(err, same("digest", copied.Digest, index.Digest))
	})
	o.run("it is copied to another repository, by mounts", func() error {
		o.wire.forget()
		target := o.repository("oras/target")
		options := oras.DefaultCopyOptions
		options.MountFrom = func(context.Context, ocispec.Descriptor) ([]string, error) {
			return []string{"oras/source"}, nil
		}
		copied, err := oras.Copy(background, source, "index", target, "copy", options)
		return first(err, same("digest", copied.Digest, index.Digest), same("patches", o.wire.count("PATCH "), 0), same("mounts seen", o.wire.count("mount=") > 0, true))
	})
	o.run("it is pulled into a layout, whole", func() error {
		store, err := oci.New(o.work + "/pulled")
		if err != nil {
			return err
		}
		copied, err := oras.Copy(background, o.repository("oras/target"), "copy", store, "copy", oras.DefaultCopyOptions)
		if err != nil {
			return err
		}
		successors, err := content.Successors(background, store, copied)
		return first(err, same("digest", copied.Digest, index.Digest), same("images", len(successors), 2))
	})
	o.run("one platform of it is pulled", func() error {
		store, err := oci.New(o.work + "/platform")
		if err != nil {
			return err
		}
		options := oras.DefaultCopyOptions
		options.WithTargetPlatform(&ocispec.Platform{OS: "linux", Architecture: "arm64"})
		copied, err := oras.Copy(background, source, "index", store, "arm64", options)
		return first(err, same("type", copied.MediaType, ocispec.MediaTypeImageManifest))
	})
}

// Two images and their index, in a layout.
func (o *orasSuite) layout(store *oci.Store) (ocispec.Descriptor, error) {
	var manifests []ocispec.Descriptor
	for position, architecture := range []string{"amd64", "arm64"} {
		config := []byte(fmt.Sprintf(`{"architecture":%q,"os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`, architecture))
		configured, err := oras.PushBytes(background, store, ocispec.MediaTypeImageConfig, config)
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		layer, err := oras.PushBytes(background, store, ocispec.MediaTypeImageLayerGzip, noise(100_000, int64(position)))
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		manifest := manifestOf(configured, []ocispec.Descriptor{layer}, nil)
		pushed, err := oras.PushBytes(background, store, ocispec.MediaTypeImageManifest, manifest)
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		pushed.Platform = &ocispec.Platform{OS: "linux", Architecture: architecture}
		manifests = append(manifests, pushed)
	}
	return oras.TagBytes(background, store, ocispec.MediaTypeImageIndex, indexOf(manifests), "index")
}
