package manager

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"cumulet/oslo/fault"
)

// FuzzKey holds that no public key makes the reader panic, and that what passes is one key without options.
func FuzzKey(f *testing.F) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@here"
	for _, text := range []string{
		key, key + "\n" + key, "command=\"x\" " + key, "# comment\n" + key, key + "\r\n", "ssh-rsa AAAAB3NzaC1yc2EAAAABAwAAAAEA", "ssh-dss AAAA", " " + key, "x " + key, "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB", "\x00",
		"no-pty,environment=\"a=\\\"b\" " + key, "ssh-rsa-cert-v01@openssh.com AAAA",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read, err := parseKey(text)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("no fault: %v", err)
			}
			return
		}
		again, err := parseKey(strings.TrimSpace(string(ssh.MarshalAuthorizedKey(read))))
		if err != nil || !bytes.Equal(again.Marshal(), read.Marshal()) {
			t.Errorf("%q, written again, is another key: %v", text, err)
		}
		if keys := authorized(text); len(keys) != 1 || !bytes.Equal(keys[0].Marshal(), read.Marshal()) {
			t.Errorf("a guest reads %d keys of %q", len(keys), text)
		}
	})
}

// authorized are the keys that sshd finds in a file, one a line.
func authorized(text string) (keys []ssh.PublicKey) {
	for rest := []byte(text); len(rest) > 0; {
		key, _, _, more, err := ssh.ParseAuthorizedKey(rest)
		if err != nil {
			break
		}
		keys, rest = append(keys, key), more
	}
	return keys
}
