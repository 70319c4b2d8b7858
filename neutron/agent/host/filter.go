package host

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os/exec"
	"strings"

	"cumulet/neutron/agent/netns"
)

// nftPaths are where the nft command lies; a daemon's PATH often lacks sbin.
var nftPaths = [...]string{"nft", "/usr/sbin/nft", "/sbin/nft"}

// Filter loads a text for `nft -f` inside the namespace. All of it takes effect at once, or nothing.
func Filter(ctx context.Context, namespace, text string) error {
	command, err := nft()
	if err != nil {
		return err
	}
	return netns.Do(namespace, func() error {
		cmd := exec.CommandContext(ctx, command, "-f", "-")
		cmd.Stdin = strings.NewReader(text)
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("nft in namespace %q: %w: %s", namespace, err, firstLines(said.String(), 3))
		}
		return nil
	})
}

// Rules are all rules inside the namespace, as nft prints them.
func Rules(ctx context.Context, namespace string) (text string, err error) {
	command, err := nft()
	if err != nil {
		return "", err
	}
	err = netns.Do(namespace, func() error {
		out, err := exec.CommandContext(ctx, command, "-n", "list", "ruleset").Output()
		if err != nil {
			return fmt.Errorf("nft in namespace %q: %w", namespace, err)
		}
		text = string(out)
		return nil
	})
	return text, err
}

func nft() (string, error) {
	for _, path := range nftPaths {
		if found, err := exec.LookPath(path); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("the command nft is missing: install the package nftables")
}

func firstLines(s string, n int) string {
	lines := strings.SplitN(strings.TrimSpace(s), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "; ")
}

// digest is a short name made of a long one.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])[:11]
}
