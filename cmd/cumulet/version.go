package main

import (
	"fmt"
	"runtime"
)

// release is the version of this tree.
const release = "0.1.0"

func version() string { return release }

type versionCommand struct{}

// Run prints the version and what built it.
func (versionCommand) Run() error {
	_, err := fmt.Printf("cumulet %s (%s, %s/%s)\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
