package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// What the program crane is made of, which ko, kaniko and others are made of too.
func craneSuites(c *cases, r *registry) {
	s := &craneSuite{cases: c, registry: r}
	s.images()
	s.indexes()
	s.lists()
	s.referrers()
	s.deletes()
	s.identities()
	s.faults()
}

type craneSuite struct {
	*cases
	*registry
}

func (s *craneSuite) at(image string) string { return s.host + "/" + image }

func (s *craneSuite) options() []crane.Option {
	return s.as(&authn.Basic{Username: s.username, Password: s.password})
}

func (s *craneSuite) as(identity authn.Authenticator) []crane.Option {
	return []crane.Option{crane.WithTransport(s.wire), crane.WithAuth(identity)}
}

func (s *craneSuite) remote() []remote.Option {
	return []remote.Option{
		remote.WithTransport(s.wire),
		remote.WithAuth(&authn.Basic{Username: s.username, Password: s.password}),
	}
}

// The digest of an image, which everything that is pushed and pulled must keep.
func digestOf(image interface{ Digest() (v1.Hash, error) }) string {
	hash, err := image.Digest()
	if err != nil {
		panic(err)
	}
	return hash.String()
}

func (s *craneSuite) images() {
	image, err := random.Image(200_000, 3)
	if err != nil {
		panic(err)
	}
	s.run("an image is pushed", func() error {
		return crane.Push(image, s.at("crane/image:v1"), s.options()...)
	})
	s.run("its digest is told", func() error {
		told, err := crane.Digest(s.at("crane/image:v1"), s.options()...)
		return first(err, same("digest", told, digestOf(image)))
	})
	s.run("it is pulled, and every byte of it is right", func() error {
		pulled, err := crane.Pull(s.at("crane/image:v1"), s.options()...)
		if err != nil {
			return err
		}
		return first(same("digest", digestOf(pulled), digestOf(image)), validate.Image(pulled))
	})
	s.run("its manifest and configuration are told", func() error {
		manifest, err := crane.Manifest(s.at("crane/image:v1"), s.options()...)
		if err != nil {
			return err
		}
		wanted, err := image.RawManifest()
		if err := first(err, sameBytes(manifest, wanted)); err != nil {
			return err
		}
		config, err := crane.Config(s.at("crane/image:v1"), s.options()...)
		if err != nil {
			return err
		}
		wanted, err = image.RawConfigFile()
		return first(err, sameBytes(config, wanted))
	})
	s.run("HEAD tells its descriptor", func() error {
		head, err := crane.Head(s.at("crane/image:v1"), s.options()...)
		if err != nil {
			return err
		}
		size, err := image.Size()
		return first(err, same("digest", head.Digest.String(), digestOf(image)), same("size", head.Size, size), same("type", head.MediaType, types.DockerManifestSchema2))
	})
	s.run("a layer is appended to it", func() error {
		base, err := crane.Pull(s.at("crane/image:v1"), s.options()...)
		if err != nil {
			return err
		}
		layer, err := crane.Layer(map[string][]byte{"hello": []byte("world")})
		if err != nil {
			return err
		}
		larger, err := mutate.AppendLayers(base, layer)
		if err != nil {
			return err
		}
		s.wire.forget()
		if err := crane.Push(larger, s.at("crane/image:larger"), s.options()...); err != nil {
			return err
		}
		pulled, err := crane.Pull(s.at("crane/image:larger"), s.options()...)
		if err != nil {
			return err
		}
		// The new layer and the configuration.
		return first(same("uploads", s.wire.count("PATCH "), 2), validate.Image(pulled), same("digest", digestOf(pulled), digestOf(larger)))
	})
	s.run("it is copied to another repository, by mounts", func() error {
		s.wire.forget()
		if err := crane.Copy(s.at("crane/image:v1"), s.at("crane/copy:v1"), s.options()...); err != nil {
			return err
		}
		told, err := crane.Digest(s.at("crane/copy:v1"), s.options()...)
		return first(err, same("digest", told, digestOf(image)), same("patches", s.wire.count("PATCH "), 0), same("mounts", s.wire.count("mount=") > 0, true))
	})
	s.run("it is saved as a tar archive", func() error {
		pulled, err := crane.Pull(s.at("crane/copy:v1"), s.options()...)
		if err != nil {
			return err
		}
		path := s.work + "/crane.tar"
		if err := crane.Save(pulled, s.at("crane/copy:v1"), path); err != nil {
			return err
		}
		loaded, err := crane.Load(path)
		return first(err, same("configuration", configOf(loaded), configOf(image)))
	})
	s.run("a layer alone is pulled by its digest", func() error {
		layers, err := image.Layers()
		if err != nil {
			return err
		}
		digest, size := digestOf(layers[0]), int64(0)
		layer, err := crane.PullLayer(s.at("crane/image@"+digest), s.options()...)
		if err != nil {
			return err
		}
		reader, err := layer.Compressed()
		if err != nil {
			return err
		}
		defer reader.Close()
		size, err = io.Copy(io.Discard, reader)
		wanted, _ := layers[0].Size()
		return first(err, same("size", size, wanted))
	})
}

func configOf(image v1.Image) string {
	hash, err := image.ConfigName()
	if err != nil {
		panic(err)
	}
	return hash.String()
}

func (s *craneSuite) indexes() {
	index, err := random.Index(50_000, 2, 3)
	if err != nil {
		panic(err)
	}
	reference, err := name.ParseReference(s.at("crane/index:v1"))
	if err != nil {
		panic(err)
	}
	s.run("an index is pushed with its images", func() error {
		return remote.WriteIndex(reference, index, s.remote()...)
	})
	s.run("it is pulled, and every byte of it is right", func() error {
		pulled, err := remote.Index(reference, s.remote()...)
		if err != nil {
			return err
		}
		return first(same("digest", digestOf(pulled), digestOf(index)), validate.Index(pulled))
	})
	s.run("it is copied, whole", func() error {
		if err := crane.Copy(s.at("crane/index:v1"), s.at("crane/index-copy:v1"), s.options()...); err != nil {
			return err
		}
		told, err := crane.Digest(s.at("crane/index-copy:v1"), s.options()...)
		return first(err, same("digest", told, digestOf(index)))
	})
	s.run("an image of it is chosen by its platform", func() error {
		image, err := random.Image(1000, 1)
		if err != nil {
			return err
		}
		platform := v1.Platform{OS: "linux", Architecture: "arm64"}
		multi := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: &platform}})
		reference, err := name.ParseReference(s.at("crane/platforms:v1"))
		if err := first(err, remote.WriteIndex(reference, multi, s.remote()...)); err != nil {
			return err
		}
		told, err := crane.Digest(s.at("crane/platforms:v1"), append(s.options(), crane.WithPlatform(&platform))...)
		return first(err, same("digest", told, digestOf(image)))
	})
}

func (s *craneSuite) lists() {
	s.run("tags are listed", func() error {
		if err := crane.Tag(s.at("crane/image:v1"), "v2", s.options()...); err != nil {
			return err
		}
		tags, err := crane.ListTags(s.at("crane/image"), s.options()...)
		return first(err, same("tags", strings.Join(tags, " "), "larger v1 v2"))
	})
	s.run("tags are listed by pages", func() error {
		repository, err := name.NewRepository(s.at("crane/image"))
		if err != nil {
			return err
		}
		s.wire.forget()
		tags, err := remote.List(repository, append(s.remote(), remote.WithPageSize(1))...)
		if !s.plainHTTP() {
			// It finds out that the registry speaks https, but still takes the scheme of every
			// loopback name for http, and so refuses to follow its own link.
			return refused("the link to the next page", err)
		}
		return first(err, same("tags", strings.Join(tags, " "), "larger v1 v2"), same("pages", s.wire.count("/tags/list?"), 4))
	})
	s.run("repositories are listed", func() error {
		repositories, err := crane.Catalog(s.host, s.options()...)
		return first(err, same("there", slices.Contains(repositories, "crane/image"), true), same("sorted", slices.IsSorted(repositories), true))
	})
	s.run("a tag that is not there is a 404", func() error {
		_, err := crane.Digest(s.at("crane/image:none"), s.options()...)
		var answer *transport.Error
		if !errors.As(err, &answer) {
			return fmt.Errorf("another error: %v", err)
		}
		return same("status", answer.StatusCode, 404)
	})
}

// A signature as cosign attaches it.
func (s *craneSuite) referrers() {
	s.run("what refers to an image is found", func() error {
		image, err := random.Image(1000, 1)
		if err := first(err, crane.Push(image, s.at("crane/referrers:v1"), s.options()...)); err != nil {
			return err
		}
		subject, err := crane.Head(s.at("crane/referrers:v1"), s.options()...)
		if err != nil {
			return err
		}
		signature := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
		signature = mutate.ConfigMediaType(signature, "application/x-signature")
		signed := mutate.Subject(signature, *subject).(v1.Image)
		if err := crane.Push(signed, s.at("crane/referrers:signature"), s.options()...); err != nil {
			return err
		}
		reference, err := name.NewDigest(s.at("crane/referrers@" + subject.Digest.String()))
		if err != nil {
			return err
		}
		s.wire.forget()
		index, err := remote.Referrers(reference, s.remote()...)
		if err != nil {
			return err
		}
		found, err := index.IndexManifest()
		if err := first(err, same("referrers", len(found.Manifests), 1), same("by the API", s.wire.count("/manifests/sha256-"), 0)); err != nil {
			return err
		}
		return first(same("digest", found.Manifests[0].Digest.String(), digestOf(signed)), same("type", found.Manifests[0].ArtifactType, "application/x-signature"))
	})
}

func (s *craneSuite) deletes() {
	s.run("a manifest is deleted by its digest", func() error {
		digest, err := crane.Digest(s.at("crane/copy:v1"), s.options()...)
		if err := first(err, crane.Delete(s.at("crane/copy@"+digest), s.options()...)); err != nil {
			return err
		}
		_, err = crane.Digest(s.at("crane/copy:v1"), s.options()...)
		return refused("its tag", err)
	})
	s.run("a manifest is not deleted by its tag", func() error {
		return refused("it", crane.Delete(s.at("crane/image:v2"), s.options()...))
	})
}

func (s *craneSuite) identities() {
	image, err := random.Image(1000, 1)
	if err != nil {
		panic(err)
	}
	s.run("without a name one may not push", func() error {
		return refused("it", crane.Push(image, s.at("crane/anonymous:v1"), s.as(authn.Anonymous)...))
	})
	s.run("without a name one pulls what anybody may", func() error {
		_, err := crane.Pull(s.at("crane/image:v1"), s.as(authn.Anonymous)...)
		return same("pulled", err == nil, !s.plainHTTP())
	})
	s.run("a wrong password does not let in", func() error {
		identity := &authn.Basic{Username: s.username, Password: "wrong"}
		_, err := crane.Pull(s.at("crane/image:v1"), s.as(identity)...)
		return refused("it", err)
	})
	s.run("an identity token lets in", func() error {
		token, err := (&orasSuite{s.cases, s.registry}).exchange()
		if err != nil {
			return err
		}
		identity := authn.FromConfig(authn.AuthConfig{IdentityToken: token})
		return crane.Push(image, s.at("crane/identity:v1"), s.as(identity)...)
	})
}

func (s *craneSuite) faults() {
	image, err := random.Image(300_000, 2)
	if err != nil {
		panic(err)
	}
	s.run("an image is pushed in spite of a 503 and a 429", func() error {
		s.wire.forget()
		fault := `{"operations":["start_upload"],"times":1,"fault":{"status":{"status":503}}}`
		err := s.with(fault, func() error {
			return crane.Push(image, s.at("crane/faults:v1"), s.options()...)
		})
		if err := first(err, same("refusals", s.wire.answered(503), 1)); err != nil {
			return err
		}
		fault = `{"operations":["put_manifest"],"times":1,"fault":{"status":{"status":429}}}`
		err = s.with(fault, func() error {
			return crane.Push(image, s.at("crane/faults:v2"), s.options()...)
		})
		return first(err, same("refusals", s.wire.answered(429), 1))
	})
	for what, fault := range map[string]string{
		"is cut":          `{"cutAnswer":{"afterBytes":1000}}`,
		"has other bytes": `{"wrongBytes":{"atByte":1000}}`,
	} {
		s.run("a download that "+what+" is no success", func() error {
			return s.with(`{"operations":["download_blob"],"fault":`+fault+`}`, func() error {
				pulled, err := crane.Pull(s.at("crane/faults:v1"), s.options()...)
				if err != nil {
					return err
				}
				return refused("it", crane.Export(pulled, &bytes.Buffer{}))
			})
		})
	}
}
