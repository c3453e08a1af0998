package main

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/regclient/regclient"
	"github.com/regclient/regclient/config"
	"github.com/regclient/regclient/scheme"
	"github.com/regclient/regclient/scheme/reg"
	"github.com/regclient/regclient/types/descriptor"
	"github.com/regclient/regclient/types/manifest"
	"github.com/regclient/regclient/types/ref"
)

// What the program regctl is made of.
func regClient(c *cases, r *registry) {
	s := &regSuite{cases: c, registry: r}
	s.rc = s.as(r.username, r.password)
	s.blobs()
	s.images()
	s.referrers()
	s.deletes()
	s.identities()
	s.faults()
}

type regSuite struct {
	*cases
	*registry
	rc *regclient.RegClient
}

func (s *regSuite) as(user, password string) *regclient.RegClient {
	host := config.Host{
		Name: s.host, Hostname: s.host, User: user, Pass: password,
		TLS: config.TLSEnabled, RegCert: s.ca,
		// Small, so that a blob goes up in chunks.
		BlobChunk: 100_000, BlobMax: 150_000,
	}
	if s.plainHTTP() {
		host.TLS = config.TLSDisabled
	}
	return regclient.New(
		regclient.WithConfigHost(host),
		regclient.WithRegOpts(reg.WithHTTPClient(&http.Client{Transport: s.wire})),
		regclient.WithRetryDelay(50*time.Millisecond, time.Second),
	)
}

func (s *regSuite) at(image string) ref.Ref { return parsed(s.host + "/" + image) }

func parsed(text string) ref.Ref {
	reference, err := ref.New(text)
	if err != nil {
		panic(err)
	}
	return reference
}

// The descriptor of these bytes, as this library has it.
func described(mediaType string, content []byte) descriptor.Descriptor {
	one := describe(mediaType, content)
	return descriptor.Descriptor{MediaType: mediaType, Digest: one.Digest, Size: one.Size}
}

func (s *regSuite) put(rc *regclient.RegClient, image string, content []byte) error {
	put, err := rc.BlobPut(background, s.at(image), described("application/octet-stream", content), bytes.NewReader(content))
	return first(err, same("digest", put.Digest, describe("", content).Digest))
}

func (s *regSuite) get(rc *regclient.RegClient, image string, content []byte) error {
	reader, err := rc.BlobGet(background, s.at(image), described("application/octet-stream", content))
	if err != nil {
		return err
	}
	defer reader.Close()
	got, err := io.ReadAll(reader)
	return first(err, sameBytes(got, content))
}

func (s *regSuite) blobs() {
	small, large := noise(1000, 1), noise(1_050_000, 2)
	s.run("the registry is pinged", func() error {
		_, err := s.rc.Ping(background, s.at("regclient/blobs"))
		return err
	})
	s.run("a small blob goes up in one piece", func() error {
		return first(s.put(s.rc, "regclient/blobs", small), s.get(s.rc, "regclient/blobs", small))
	})
	s.run("a large one in chunks", func() error {
		return first(s.put(s.rc, "regclient/blobs", large), s.get(s.rc, "regclient/blobs", large))
	})
	s.run("a blob whose digest nobody said", func() error {
		content := noise(400_000, 3)
		put, err := s.rc.BlobPut(background, s.at("regclient/blobs"), descriptor.Descriptor{}, bytes.NewReader(content))
		return first(err, same("digest", put.Digest, describe("", content).Digest), s.get(s.rc, "regclient/blobs", content))
	})
	s.run("HEAD tells its size", func() error {
		head, err := s.rc.BlobHead(background, s.at("regclient/blobs"), described("", large))
		if err != nil {
			return err
		}
		return same("size", head.GetDescriptor().Size, int64(len(large)))
	})
	s.run("it is mounted", func() error {
		err := s.rc.BlobMount(background, s.at("regclient/blobs"), s.at("regclient/mounted"), described("", large))
		return first(err, s.get(s.rc, "regclient/mounted", large))
	})
	s.run("it is copied", func() error {
		err := s.rc.BlobCopy(background, s.at("regclient/blobs"), s.at("regclient/copied"), described("", small))
		return first(err, s.get(s.rc, "regclient/copied", small))
	})
	s.run("it is deleted", func() error {
		if err := s.rc.BlobDelete(background, s.at("regclient/copied"), described("", small)); err != nil {
			return err
		}
		_, err := s.rc.BlobHead(background, s.at("regclient/copied"), described("", small))
		return refused("HEAD", err)
	})
}

// Pushes an image and gives its manifest's descriptor.
func (s *regSuite) push(image string, seed int64, more func(*ocispec.Manifest)) (ocispec.Descriptor, error) {
	config, layer := []byte(`{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}`), noise(120_000, seed)
	if err := first(s.put(s.rc, image, config), s.put(s.rc, image, layer)); err != nil {
		return ocispec.Descriptor{}, err
	}
	content := manifestOf(describe(ocispec.MediaTypeImageConfig, config), []ocispec.Descriptor{describe(ocispec.MediaTypeImageLayerGzip, layer)}, more)
	put, err := manifest.New(manifest.WithRaw(content))
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	return describe(ocispec.MediaTypeImageManifest, content), s.rc.ManifestPut(background, s.at(image), put)
}

func (s *regSuite) images() {
	var pushed ocispec.Descriptor
	digestAt := func(image, digest string) error {
		head, err := s.rc.ManifestHead(background, s.at(image))
		if err != nil {
			return err
		}
		return same("digest", head.GetDescriptor().Digest.String(), digest)
	}
	s.run("an image is pushed", func() error {
		var err error
		pushed, err = s.push("regclient/image:v1", 4, nil)
		return first(err, digestAt("regclient/image:v1", pushed.Digest.String()))
	})
	s.run("its manifest is read", func() error {
		got, err := s.rc.ManifestGet(background, s.at("regclient/image:v1"))
		if err != nil {
			return err
		}
		body, err := got.RawBody()
		return first(err, same("digest", describe("", body).Digest, pushed.Digest))
	})
	s.run("its configuration is read", func() error {
		config, err := s.rc.ImageConfig(background, s.at("regclient/image:v1"))
		if err != nil {
			return err
		}
		return same("architecture", config.GetConfig().Architecture, "amd64")
	})
	s.run("it is copied to another repository", func() error {
		s.wire.forget()
		err := s.rc.ImageCopy(background, s.at("regclient/image:v1"), s.at("regclient/copy:v1"))
		return first(err, digestAt("regclient/copy:v1", pushed.Digest.String()), same("patches", s.wire.count("PATCH "), 0))
	})
	s.run("it is copied to a layout and back", func() error {
		layout := parsed("ocidir://" + s.work + "/regclient:v1")
		if err := s.rc.ImageCopy(background, s.at("regclient/image:v1"), layout); err != nil {
			return err
		}
		err := s.rc.ImageCopy(background, layout, s.at("regclient/back:v1"))
		return first(err, digestAt("regclient/back:v1", pushed.Digest.String()))
	})
	s.run("it is exported and imported", func() error {
		var archive bytes.Buffer
		if err := s.rc.ImageExport(background, s.at("regclient/image:v1"), &archive); err != nil {
			return err
		}
		err := s.rc.ImageImport(background, s.at("regclient/imported:v1"), bytes.NewReader(archive.Bytes()))
		return first(err, digestAt("regclient/imported:v1", pushed.Digest.String()))
	})
	s.run("tags are listed, by pages too", func() error {
		for _, tag := range []string{"v2", "v3"} {
			if err := s.rc.ImageCopy(background, s.at("regclient/image:v1"), s.at("regclient/image:"+tag)); err != nil {
				return err
			}
		}
		whole, err := s.rc.TagList(background, s.at("regclient/image"))
		if err != nil {
			return err
		}
		page, err := s.rc.TagList(background, s.at("regclient/image"), scheme.WithTagLimit(1), scheme.WithTagLast("v1"))
		if err != nil {
			return err
		}
		return first(same("tags", strings.Join(whole.Tags, " "), "v1 v2 v3"), same("page", strings.Join(page.Tags, " "), "v2"))
	})
	s.run("repositories are listed", func() error {
		list, err := s.rc.RepoList(background, s.host, scheme.WithRepoLast("regclient/i"), scheme.WithRepoLimit(1))
		if err != nil {
			return err
		}
		return same("repositories", strings.Join(list.Repositories, " "), "regclient/image")
	})
}

func (s *regSuite) referrers() {
	s.run("what is attached to an image is found, by its type too", func() error {
		subject, err := s.push("regclient/referrers:v1", 5, nil)
		if err != nil {
			return err
		}
		for position, kind := range []string{"application/x-sbom", "application/x-signature"} {
			_, err := s.push("regclient/referrers:"+[]string{"one", "two"}[position], int64(6+position), func(m *ocispec.Manifest) {
				m.Subject, m.ArtifactType = &subject, kind
			})
			if err != nil {
				return err
			}
		}
		s.wire.forget()
		all, err := s.rc.ReferrerList(background, s.at("regclient/referrers:v1"))
		if err != nil {
			return err
		}
		options := scheme.WithReferrerMatchOpt(descriptor.MatchOpt{ArtifactType: "application/x-sbom"})
		some, err := s.rc.ReferrerList(background, s.at("regclient/referrers:v1"), options)
		if err != nil {
			return err
		}
		return first(same("all", len(all.Descriptors), 2), same("some", len(some.Descriptors), 1), same("by the API", s.wire.count("/manifests/sha256-"), 0))
	})
	s.run("an image is copied with them", func() error {
		err := s.rc.ImageCopy(background, s.at("regclient/referrers:v1"), s.at("regclient/referred:v1"), regclient.ImageWithReferrers())
		if err != nil {
			return err
		}
		list, err := s.rc.ReferrerList(background, s.at("regclient/referred:v1"))
		return first(err, same("referrers", len(list.Descriptors), 2))
	})
}

func (s *regSuite) deletes() {
	s.run("a manifest is deleted", func() error {
		head, err := s.rc.ManifestHead(background, s.at("regclient/copy:v1"))
		if err != nil {
			return err
		}
		digest := head.GetDescriptor().Digest.String()
		if err := s.rc.ManifestDelete(background, s.at("regclient/copy@"+digest)); err != nil {
			return err
		}
		_, err = s.rc.ManifestHead(background, s.at("regclient/copy:v1"))
		return refused("HEAD", err)
	})
	s.run("a tag alone is deleted, by the detour over a manifest of its own", func() error {
		if err := s.rc.TagDelete(background, s.at("regclient/image:v3")); err != nil {
			return err
		}
		list, err := s.rc.TagList(background, s.at("regclient/image"))
		return first(err, same("tags", strings.Join(list.Tags, " "), "v1 v2"))
	})
}

func (s *regSuite) identities() {
	s.run("a wrong password does not let in", func() error {
		_, err := s.as(s.username, "wrong").ManifestHead(background, s.at("regclient/image:v1"))
		return refused("it", err)
	})
	s.run("without a name one pulls what anybody may", func() error {
		_, err := s.as("", "").ManifestHead(background, s.at("regclient/image:v1"))
		return same("pulled", err == nil, !s.plainHTTP())
	})
	s.run("without a name one may not push", func() error {
		return refused("it", s.put(s.as("", ""), "regclient/anonymous", noise(10, 8)))
	})
}

func (s *regSuite) faults() {
	content := noise(500_000, 9)
	s.run("a chunk is sent again after a 429", func() error {
		s.wire.forget()
		fault := `{"operations":["upload_chunk"],"nth":2,"fault":{"status":{"status":429,"retryAfterSeconds":1}}}`
		err := s.with(fault, func() error { return s.put(s.rc, "regclient/faults", content) })
		return first(err, same("refusals", s.wire.answered(429), 1), s.get(s.rc, "regclient/faults", content))
	})
	s.run("a download that is cut is resumed", func() error {
		s.wire.forget()
		fault := `{"operations":["download_blob"],"times":1,"fault":{"cutAnswer":{"afterBytes":200000}}}`
		err := s.with(fault, func() error { return s.get(s.rc, "regclient/faults", content) })
		return first(err, same("partial answers", s.wire.answered(206) > 0, true))
	})
	s.run("other bytes than the digest says are no success", func() error {
		fault := `{"operations":["download_blob"],"fault":{"wrongBytes":{"atByte":1000}}}`
		return s.with(fault, func() error { return refused("it", s.get(s.rc, "regclient/faults", content)) })
	})
}
