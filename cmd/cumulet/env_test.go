package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestAccountsComeBackFromTheirFiles(t *testing.T) {
	t.Parallel()
	d := newData(t)
	for _, password := range []string{"plain", `it's "odd" $HOME \ =x`, "'"} {
		want := account{Username: "admin", Password: password, Project: "admin", AuthURL: "http://127.0.0.1:8780/identity/v3", Region: "RegionOne"}
		if err := d.writeAccounts(want, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := readAccount(d.openrc("admin")); err != nil || got != want {
			t.Errorf("%+v came back as %+v (%v)", want, got, err)
		}
		out, err := exec.Command("sh", "-c", `. "$0"; printf %s "$OS_PASSWORD"`, d.openrc("admin")).Output()
		if err != nil || string(out) != password {
			t.Errorf("a shell reads the password %q as %q (%v)", password, out, err)
		}
	}
	if _, err := readAccount(d.openrc("demo")); err == nil || !strings.Contains(err.Error(), "no cloud was started") {
		t.Errorf("an account that is not there: %v", err)
	}
}
