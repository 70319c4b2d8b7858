package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestPathsReachSSHAsTheyAre(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("no ssh here")
	}
	for _, name := range []string{"plain", "with space", `it's "odd" \ %h #?`} {
		path := filepath.Join("/nonexistent", name)
		out, err := exec.Command("ssh", "-G", "-F", "none", "-o", "UserKnownHostsFile="+sshPath(path), "host").Output()
		if err != nil {
			t.Fatal(err)
		}
		want := "userknownhostsfile " + path + "\n"
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in what ssh understood", want)
		}
	}
}

func TestWordsOfOneShellArgument(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"plain", `it's $HOME "odd"`, "'", ""} {
		out, err := exec.Command("sh", "-c", "printf %s "+quote(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q becomes %q (%v)", s, out, err)
		}
	}
}

func TestServerNamesAreNoPatterns(t *testing.T) {
	t.Parallel()
	if got := regexpQuote(`a.b*(c)[d]^$|\x`); got != `a\.b\*\(c\)\[d\]\^\$\|\\x` {
		t.Errorf("got %s", got)
	}
}
