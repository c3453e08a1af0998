// Go's registry libraries against the emulator: one suite for each argument.
package main

import (
	"fmt"
	"os"
)

func main() {
	suites := map[string]func(*cases, *registry){
		"oras-go":   orasGo,
		"crane":     craneSuites,
		"regclient": regClient,
	}
	modules := map[string]string{
		"oras-go":   "oras.land/oras-go/v2",
		"crane":     "github.com/google/go-containerregistry",
		"regclient": "github.com/regclient/regclient",
	}
	if len(os.Args) != 2 || suites[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "one suite: oras-go, crane or regclient")
		os.Exit(2)
	}
	name := os.Args[1]
	c := &cases{}
	c.client(name, modules[name])
	for _, r := range registries() {
		c.about = r.scheme
		suites[name](c, r)
		c.run("no token went to the storage host", r.wire.check)
	}
}
