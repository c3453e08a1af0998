// The cases by oras-go, as its documentation has them done.
package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"golang.org/x/sync/errgroup"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/retry"
)

const atOnce = 8

var background = context.Background()

type job struct {
	repository *remote.Repository
	size       int64
	count      int
}

func main() {
	j, err := read()
	if err == nil {
		start := time.Now()
		if err = j.run(os.Getenv("BENCH_CASE")); err == nil {
			fmt.Printf("{\"seconds\": %f}\n", time.Since(start).Seconds())
			_, err = io.Copy(io.Discard, os.Stdin)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read() (*job, error) {
	endpoint, err := url.Parse(os.Getenv("BENCH_ENDPOINT"))
	if err != nil {
		return nil, err
	}
	size, err := strconv.ParseInt(os.Getenv("BENCH_SIZE"), 10, 64)
	if err != nil {
		return nil, err
	}
	count, err := strconv.Atoi(os.Getenv("BENCH_COUNT"))
	if err != nil {
		return nil, err
	}
	repository, err := remote.NewRepository(fmt.Sprintf("%s/bench/%d", endpoint.Host, count))
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = atOnce
	if ca := os.Getenv("BENCH_CA"); ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	login := auth.Credential{Username: orBench("BENCH_USERNAME"), Password: orBench("BENCH_PASSWORD")}
	repository.PlainHTTP = endpoint.Scheme == "http"
	repository.Client = &auth.Client{
		Client:     &http.Client{Transport: retry.NewTransport(transport)},
		Credential: auth.StaticCredential(endpoint.Host, login),
		Cache:      auth.NewCache(),
	}
	return &job{repository, size, count}, nil
}

func (j *job) run(name string) error {
	switch name {
	case "upload":
		return j.upload(false)
	case "upload-digest":
		return j.upload(true)
	case "download":
		return j.download(io.Discard)
	case "download-file":
		return j.downloadFile()
	case "push":
		return j.push()
	case "pull":
		return j.pull()
	}
	return fmt.Errorf("%s is no case of this client", name)
}

// A push wants to know the digest before it begins.
func (j *job) upload(known bool) error {
	file, err := os.Open(os.Getenv("BENCH_FILE"))
	if err != nil {
		return err
	}
	defer file.Close()
	var descriptor ocispec.Descriptor
	if known {
		descriptors, err := j.descriptors()
		if err != nil {
			return err
		}
		descriptor = descriptors[0]
	} else {
		of, err := digest.FromReader(file)
		if err != nil {
			return err
		}
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		descriptor = j.descriptor(of)
	}
	return j.repository.Blobs().Push(background, descriptor, file)
}

func (j *job) download(target io.Writer) error {
	descriptors, err := j.descriptors()
	if err != nil {
		return err
	}
	body, err := j.repository.Blobs().Fetch(background, descriptors[0])
	if err != nil {
		return err
	}
	defer body.Close()
	verified := content.NewVerifyReader(body, descriptors[0])
	if _, err := io.Copy(target, verified); err != nil {
		return err
	}
	return verified.Verify()
}

func (j *job) downloadFile() error {
	target := os.Getenv("BENCH_FILE")
	file, err := os.Create(target + ".part")
	if err != nil {
		return err
	}
	defer file.Close()
	if err := j.download(file); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(target+".part", target)
}

func (j *job) push() error {
	var group errgroup.Group
	group.SetLimit(atOnce)
	for number := range j.count {
		group.Go(func() error {
			blob := bytes.Repeat([]byte{7}, int(j.size))
			binary.BigEndian.PutUint64(blob, uint64(number))
			descriptor := j.descriptor(digest.FromBytes(blob))
			return j.repository.Blobs().Push(background, descriptor, bytes.NewReader(blob))
		})
	}
	return group.Wait()
}

func (j *job) pull() error {
	descriptors, err := j.descriptors()
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(atOnce)
	for _, descriptor := range descriptors {
		group.Go(func() error {
			_, err := content.FetchAll(background, j.repository.Blobs(), descriptor)
			return err
		})
	}
	return group.Wait()
}

func (j *job) descriptors() ([]ocispec.Descriptor, error) {
	text, err := os.ReadFile(os.Getenv("BENCH_DIGESTS"))
	if err != nil {
		return nil, err
	}
	var descriptors []ocispec.Descriptor
	for line := range strings.Lines(string(text)) {
		descriptors = append(descriptors, j.descriptor(digest.Digest(strings.TrimSpace(line))))
	}
	return descriptors, nil
}

func (j *job) descriptor(of digest.Digest) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: "application/octet-stream", Digest: of, Size: j.size}
}

func orBench(name string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return "bench"
}
