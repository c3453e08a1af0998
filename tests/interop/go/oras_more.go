package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

func (o *orasSuite) referrers() {
	repository := o.repository("oras/referrers")
	var subject ocispec.Descriptor
	var attached []digest.Digest
	attach := func(kind, note string) error {
		options := oras.PackManifestOptions{
			Subject:             &subject,
			ManifestAnnotations: map[string]string{"note": note, ocispec.AnnotationCreated: "2024-01-01T00:00:00Z"},
		}
		packed, err := oras.PackManifest(background, repository, oras.PackManifestVersion1_1, kind, options)
		attached = append(attached, packed.Digest)
		return err
	}
	o.run("three artifacts are attached to an image", func() error {
		var err error
		subject, err = oras.PackManifest(background, repository, oras.PackManifestVersion1_1, "application/x-image", oras.PackManifestOptions{})
		return first(err, attach("application/x-sbom", "one"), attach("application/x-sbom", "two"), attach("application/x-signature", "three"))
	})
	o.run("nothing was put under the tag of a registry without referrers", func() error {
		return same("such calls", o.wire.count("/manifests/sha256-"), 0)
	})
	o.run("they are its predecessors", func() error {
		found, err := repository.Predecessors(background, subject)
		return first(err, same("predecessors", len(found), 3))
	})
	o.run("those of one type are its referrers of that type", func() error {
		var found []ocispec.Descriptor
		err := repository.Referrers(background, subject, "application/x-sbom", func(page []ocispec.Descriptor) error {
			found = append(found, page...)
			return nil
		})
		if err := first(err, same("referrers", len(found), 2)); err != nil {
			return err
		}
		for _, one := range found {
			if err := first(same("type", one.ArtifactType, "application/x-sbom"), same("noted", one.Annotations["note"] != "", true)); err != nil {
				return err
			}
		}
		return nil
	})
	o.run("an image is copied with all that is attached to it", func() error {
		target := o.repository("oras/extended")
		options := oras.DefaultExtendedCopyGraphOptions
		if err := oras.ExtendedCopyGraph(background, repository, target, subject, options); err != nil {
			return err
		}
		found, err := target.Predecessors(background, subject)
		return first(err, same("predecessors", len(found), 3))
	})
	o.run("a deleted one is gone at once", func() error {
		found, err := repository.Predecessors(background, subject)
		if err != nil {
			return err
		}
		if err := repository.Delete(background, found[0]); err != nil {
			return err
		}
		left, err := repository.Predecessors(background, subject)
		return first(err, same("predecessors", len(left), 2))
	})
}

func (o *orasSuite) deletes() {
	repository := o.repository("oras/deletes")
	var packed ocispec.Descriptor
	o.run("a manifest is deleted with its tag", func() error {
		var err error
		packed, err = oras.PackManifest(background, repository, oras.PackManifestVersion1_1, "application/x-test", oras.PackManifestOptions{})
		if err := first(err, repository.Tag(background, packed, "v1"), repository.Delete(background, packed)); err != nil {
			return err
		}
		_, err = repository.Resolve(background, "v1")
		return same("not found", errors.Is(err, errdef.ErrNotFound), true)
	})
	o.run("a blob is deleted", func() error {
		blob, err := oras.PushBytes(background, repository, "text/plain", []byte("gone"))
		if err := first(err, repository.Delete(background, blob)); err != nil {
			return err
		}
		there, err := repository.Exists(background, blob)
		return first(err, same("there", there, false))
	})
	o.run("what is deleted cannot be deleted again", func() error {
		return same("not found", errors.Is(repository.Delete(background, packed), errdef.ErrNotFound), true)
	})
}

func (o *orasSuite) identities() {
	message := []byte("identity")
	works := func(credential auth.Credential) error {
		repository := o.as("oras/identities", credential)
		descriptor, err := oras.PushBytes(background, repository, "text/plain", message)
		if errors.Is(err, errdef.ErrAlreadyExists) {
			err = nil
		}
		if err != nil {
			return err
		}
		fetched, err := content.FetchAll(background, repository, descriptor)
		return first(err, sameBytes(fetched, message))
	}
	o.run("a refresh token lets in", func() error {
		token, err := o.exchange()
		if err != nil {
			return err
		}
		return works(auth.Credential{RefreshToken: token})
	})
	o.run("a refresh token as password of the null GUID lets in", func() error {
		token, err := o.exchange()
		if err != nil {
			return err
		}
		return works(auth.Credential{Username: "00000000-0000-0000-0000-000000000000", Password: token})
	})
	o.run("a wrong password does not, and the service says so", func() error {
		err := works(auth.Credential{Username: o.username, Password: "wrong"})
		var answer *errcode.ErrorResponse
		if !errors.As(err, &answer) {
			return fmt.Errorf("another error: %v", err)
		}
		return same("status", answer.StatusCode, http.StatusUnauthorized)
	})
	o.run("without a name one may not push", func() error {
		return refused("it", works(auth.EmptyCredential))
	})
}

// An Entra token for a refresh token, as oras leaves to others.
func (o *orasSuite) exchange() (string, error) {
	form := url.Values{"grant_type": {"access_token"}, "service": {o.host}, "access_token": {"entra"}}
	client := &http.Client{Transport: o.wire}
	answer, err := client.PostForm(o.scheme+"://"+o.host+"/oauth2/exchange", form)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var told struct {
		RefreshToken string `json:"refresh_token"`
	}
	err = json.NewDecoder(answer.Body).Decode(&told)
	return told.RefreshToken, err
}

func (o *orasSuite) faults() {
	repository := o.repository("oras/faults")
	blob := noise(500_000, 9)
	descriptor := describe("application/octet-stream", blob)
	o.run("a blob is pushed again after a 429", func() error {
		o.wire.forget()
		fault := `{"operations":["start_upload"],"times":1,"fault":{"status":{"status":429,"retryAfterSeconds":1}}}`
		err := o.with(fault, func() error {
			return repository.Push(background, descriptor, strings.NewReader(string(blob)))
		})
		return first(err, same("refusals", o.wire.answered(429), 1))
	})
	o.run("a 503 is tried again", func() error {
		o.wire.forget()
		fault := `{"operations":["head_blob"],"times":2,"fault":{"status":{"status":503}}}`
		return o.with(fault, func() error {
			there, err := repository.Exists(background, descriptor)
			return first(err, same("there", there, true), same("refusals", o.wire.answered(503), 2))
		})
	})
	o.run("a download that is cut is no success", func() error {
		return o.with(`{"operations":["download_blob"],"fault":{"cutAnswer":{"afterBytes":100000}}}`, func() error {
			_, err := content.FetchAll(background, repository, descriptor)
			return refused("it", err)
		})
	})
	o.run("other bytes than the digest says are no success", func() error {
		return o.with(`{"operations":["download_blob"],"fault":{"wrongBytes":{"atByte":1000}}}`, func() error {
			_, err := content.FetchAll(background, repository, descriptor)
			return refused("it", err)
		})
	})
}
