package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"go.yaml.in/yaml/v3"
)

// seed is what a new cloud begins with, made through the APIs as any client would. Each part looks whether it is there
// already, so a start that died half-way is mended by the next; what was finished once is never made again, so that what
// its owner deletes stays deleted.
type seed struct {
	data  dataDir
	image string // the guest image's file
	say   func(format string, args ...any)

	identity, compute, network, images, placement *gophercloud.ServiceClient // as the administrator
	demoCompute, demoNetwork                      *gophercloud.ServiceClient // as the demo
	external                                      externalNetwork
	// dialOutside connects as the outside of the cloud does; nil where guests are not real.
	dialOutside func(ctx context.Context, address string) (net.Conn, error)
}

// externalNetwork is how the cloud meets the outside.
type externalNetwork struct {
	physical, cidr, gateway, first, last string
}

// progressFile remembers the parts that are finished.
type progressFile struct {
	Done map[string]bool `yaml:"done"`
}

// seeded reads which parts are finished.
func (d dataDir) seeded() (progressFile, error) {
	var p progressFile
	b, err := os.ReadFile(d.seedFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return p, err
	}
	if err := yaml.Unmarshal(b, &p); err != nil {
		return p, fmt.Errorf("%s is damaged (%w): remove it, and the next start looks anew at what is there", d.seedFile(), err)
	}
	if p.Done == nil {
		p.Done = map[string]bool{}
	}
	return p, nil
}

// run makes all that is not yet made.
func (s *seed) run(ctx context.Context, demo, image bool) error {
	p, err := s.data.seeded()
	if err != nil {
		return err
	}
	parts := []struct {
		name, progress string
		demo           bool
		make           func(context.Context) error
	}{
		{"flavors", "making flavors", false, s.makeFlavors},
		{"image", "registering the guest image", false, s.makeImage},
		{"public", "making the external network", false, s.makePublic},
		{"private", "making the demo's network and router", true, s.makePrivate},
		{"rules", "opening SSH and ping for the demo", true, s.makeRules},
		{"keypair", "making the demo's key", true, s.makeKeypair},
		{"server", "booting the server hello", true, s.makeServer},
		{"address", "giving it a floating address", true, s.makeAddress},
		{"login", "waiting until it can be logged in to", true, s.waitLogin},
	}
	for _, part := range parts {
		if p.Done[part.name] || part.demo && !demo || part.name == "image" && !image {
			continue
		}
		s.say("%s", part.progress)
		if err := part.make(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.progress, inWords(err))
		}
		p.Done[part.name] = true
		b, err := yaml.Marshal(p)
		if err != nil {
			return err
		}
		if err := replaceFile(s.data.seedFile(), b); err != nil {
			return err
		}
	}
	return nil
}

// inWords makes of an API's refusal, which holds a whole answer, the sentence in it.
func inWords(err error) error {
	var refused gophercloud.ErrUnexpectedResponseCode
	if !errors.As(err, &refused) {
		return err
	}
	said := sentence(refused.Body)
	if said == "" {
		return err
	}
	return fmt.Errorf("%s %s is answered with %d: %s", refused.Method, refused.URL, refused.Actual, said)
}

// sentence finds the message in an error's body, which each service wraps in its own way.
func sentence(body []byte) string {
	var fault struct {
		Message string `json:"message"`
	}
	if err := json.Unmarshal(body, &fault); err == nil && fault.Message != "" {
		return strings.Join(strings.Fields(strings.ReplaceAll(fault.Message, "<br />", " ")), " ")
	}
	var wrapped map[string]json.RawMessage
	if err := json.Unmarshal(body, &wrapped); err != nil || len(wrapped) != 1 {
		return ""
	}
	for _, inner := range wrapped {
		return sentence(inner)
	}
	return ""
}

// bootTimeout is how long the demo's guest may take on a slow, loaded machine without hardware virtualization.
const bootTimeout = 5 * time.Minute

// guestImage finds the guest image that `make` builds beside the binary.
func guestImage(asked string) (string, error) {
	if asked != "" {
		if _, err := os.Stat(asked); err != nil {
			return "", fmt.Errorf("the guest image: %w", err)
		}
		return asked, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	file := filepath.Join(filepath.Dir(self), "guest", "cumulet-guest.qcow2")
	if _, err := os.Stat(file); err != nil {
		return "", fmt.Errorf("there is no guest image at %s: build it with `make guest`, or name one with --image", file)
	}
	return file, nil
}
