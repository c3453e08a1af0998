package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
)

// One of the two registries that a suite is told of.
type registry struct {
	scheme, host, username, password, management, work string
	// The certificate to trust, where it speaks https.
	ca   string
	wire *wire
}

func registries() []*registry {
	return []*registry{newRegistry("ACR"), newRegistry("ACR_HTTP")}
}

func newRegistry(prefix string) *registry {
	endpoint, err := url.Parse(variable(prefix + "_ENDPOINT"))
	if err != nil {
		fail(err)
	}
	r := &registry{
		scheme:     endpoint.Scheme,
		host:       endpoint.Host,
		username:   variable(prefix + "_USERNAME"),
		password:   variable(prefix + "_PASSWORD"),
		management: variable(prefix + "_MANAGEMENT"),
		work:       variable("ACR_WORK") + "/" + endpoint.Scheme,
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if r.scheme == "https" {
		pem, err := os.ReadFile(variable("ACR_CA"))
		if err != nil {
			fail(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
		r.ca = string(pem)
	}
	if err := os.MkdirAll(r.work, 0o755); err != nil {
		fail(err)
	}
	r.wire = &wire{under: transport, host: r.host}
	return r
}

func (r *registry) plainHTTP() bool { return r.scheme == "http" }

// Sends a command to the emulator's own port.
func (r *registry) manage(method, path, body string) error {
	request, err := http.NewRequest(method, r.management+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	return nil
}

// Runs something while a fault is there.
func (r *registry) with(fault string, test func() error) error {
	if err := r.manage("POST", "/faults", fault); err != nil {
		return err
	}
	tested := test()
	if err := r.manage("DELETE", "/faults", ""); err != nil {
		return err
	}
	return tested
}

func variable(name string) string {
	value := os.Getenv(name)
	if value == "" {
		fail(fmt.Errorf("%s is not set", name))
	}
	return value
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// What a library sends, seen below it.
type wire struct {
	under http.RoundTripper
	host  string

	lock            sync.Mutex
	requests        []string
	statuses        map[int]int
	storage, leaked int
}

func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	w.lock.Lock()
	w.requests = append(w.requests, request.Method+" "+request.URL.RequestURI())
	if request.URL.Host != w.host {
		w.storage++
		if request.Header.Get("Authorization") != "" {
			w.leaked++
		}
	}
	w.lock.Unlock()
	answer, err := w.under.RoundTrip(request)
	if err == nil {
		w.lock.Lock()
		if w.statuses == nil {
			w.statuses = map[int]int{}
		}
		w.statuses[answer.StatusCode]++
		w.lock.Unlock()
	}
	return answer, err
}

func (w *wire) check() error {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.storage == 0 {
		return fmt.Errorf("nothing went to the storage host")
	}
	return same("requests with a token", w.leaked, 0)
}

// How many requests whose line holds this there were since the last call of forget.
func (w *wire) count(part string) int {
	w.lock.Lock()
	defer w.lock.Unlock()
	count := 0
	for _, request := range w.requests {
		if strings.Contains(request, part) {
			count++
		}
	}
	return count
}

// How many answers had this status.
func (w *wire) answered(status int) int {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.statuses[status]
}

func (w *wire) forget() {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.requests, w.statuses = nil, nil
}
