package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

// How a suite tells its cases: a line of JSON each.
type cases struct {
	about string
}

func (c *cases) client(name, module string) {
	version := "?"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dependency := range info.Deps {
			if dependency.Path == module {
				version = dependency.Version
			}
		}
	}
	line(map[string]string{"client": name, "version": version})
}

// Runs a case. One that panics has failed, and so has one that takes too long: the suite goes on.
func (c *cases) run(name string, test func() error) {
	told := map[string]string{"case": c.about + ": " + name, "outcome": "passed"}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if panicked := recover(); panicked != nil {
				done <- fmt.Errorf("panicked: %v", panicked)
			}
		}()
		done <- test()
	}()
	var err error
	select {
	case err = <-done:
	case <-time.After(30 * time.Second):
		err = fmt.Errorf("still running after 30 s")
	}
	if err != nil {
		told["outcome"], told["reason"] = "failed", err.Error()
	}
	line(told)
}

func line(told map[string]string) {
	text, err := json.Marshal(told)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(string(text))
}

// An error unless both are the same.
func same[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: %v instead of %v", what, got, want)
	}
	return nil
}

// An error unless there was one.
func refused(what string, err error) error {
	if err == nil {
		return fmt.Errorf("%s was not refused", what)
	}
	return nil
}

// The first error of several.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
