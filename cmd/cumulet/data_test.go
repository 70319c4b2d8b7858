package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// newData makes a data folder for one test.
func newData(t *testing.T) dataDir {
	t.Helper()
	d := dataDir(filepath.Join(t.TempDir(), "data"))
	if err := d.create(); err != nil {
		t.Fatal(err)
	}
	return d
}

// mode is a file's permissions.
func mode(t *testing.T, file string) os.FileMode {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func TestDataIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	d := newData(t)
	for _, folder := range []string{"", "db", "log", "hosts", "images", "keystone"} {
		if m := mode(t, d.path(folder)); m != 0o700 {
			t.Errorf("folder %q has mode %o", folder, m)
		}
	}
	if _, err := readSecrets(d.secretsFile(), serviceNames()); err != nil {
		t.Fatal(err)
	}
	who := account{Username: "admin", Password: "p"}
	if err := d.writeAccounts(who, &who); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{d.path("secrets.yaml"), d.clouds(), d.openrc("admin"), d.openrc("demo")} {
		if m := mode(t, file); m != 0o600 {
			t.Errorf("%s has mode %o", file, m)
		}
	}
}

func TestSecretsStayOverStarts(t *testing.T) {
	t.Parallel()
	d := newData(t)
	first, err := readSecrets(d.secretsFile(), []string{"nova"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := readSecrets(d.secretsFile(), []string{"nova"})
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("they changed (%v)", err)
	}
	more, err := readSecrets(d.secretsFile(), []string{"nova", "glance"})
	if err != nil || more.ServicePasswords["nova"] != first.ServicePasswords["nova"] || more.ServicePasswords["glance"] == "" {
		t.Errorf("a new service's password is not made, or changed an old one's (%v)", err)
	}
	all := map[string]bool{first.AdminPassword: true, first.DemoPassword: true, first.MetadataSecret: true, first.ServicePasswords["nova"]: true}
	if len(all) != 4 || all[""] {
		t.Error("two secrets are the same, or one is empty")
	}
}

func TestDamagedSecretsAreRefusedAndNotTold(t *testing.T) {
	t.Parallel()
	d := newData(t)
	if err := os.WriteFile(d.path("secrets.yaml"), []byte("admin_password: [hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := readSecrets(d.secretsFile(), nil)
	if err == nil || !strings.Contains(err.Error(), "secrets.yaml is damaged") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error is %v", err)
	}
}

func TestCloudsOnOneMachineKeepApart(t *testing.T) {
	t.Parallel()
	if p := dataDir(defaultData).prefix(); p != "cumulet" {
		t.Errorf("the default's prefix is %q", p)
	}
	a, b := dataDir("/srv/a").prefix(), dataDir("/srv/b").prefix()
	if a == b || strings.HasPrefix(a, "cumulet-") || len(a) > 20 {
		t.Errorf("the prefixes are %q and %q", a, b)
	}
}

func TestWipeLeavesTheOperatorsFiles(t *testing.T) {
	t.Parallel()
	d := newData(t)
	for _, name := range []string{"secrets.yaml", "cumulet.pid", unfinished + "123", "images/one"} {
		if err := os.MkdirAll(filepath.Dir(d.path(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(d.path(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(d.path("cumulet.yaml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !d.begun() {
		t.Error("there is nothing to wipe")
	}
	if err := d.remove(); err != nil {
		t.Fatal(err)
	}
	if d.begun() {
		t.Error("there is still something to wipe")
	}
	left, err := os.ReadDir(string(d))
	if err != nil || len(left) != 1 || left[0].Name() != "cumulet.yaml" {
		t.Errorf("left are %v (%v)", left, err)
	}
	if err := os.Remove(d.path("cumulet.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := d.remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(string(d)); !os.IsNotExist(err) {
		t.Errorf("the empty folder stays (%v)", err)
	}
}

func TestHostKeepsItsNameWhenTheMachineIsRenamed(t *testing.T) {
	t.Parallel()
	d := newData(t)
	if names := d.knownHosts(); len(names) > 0 {
		t.Errorf("before the first start it is known as %q", names)
	}
	if err := os.Mkdir(d.path("hosts", "first"), 0o700); err != nil {
		t.Fatal(err)
	}
	made, err := loadConfig(&commands{Data: string(d)})
	if err != nil || made.Host != "first" {
		t.Errorf("the host is %q (%v)", made.Host, err)
	}
}
