package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestConfigIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"log:\n  levl: info\n":                                {":2:", "log.levl", "did you mean level?"},
		"listen: [127\n":                                      {"cumulet.yaml", "line 1"},
		"log:\n  level: loud\n":                               {"level", "loud"},
		"log:\n  max_size: big\n":                             {":2:", "max_size"},
		"listen: nonsense\n":                                  {"listen"},
		"listen: 127.0.0.1:99999\n":                           {"listen", "99999"},
		"listen: 127.0.0.1:0\n":                               {"listen", "port"},
		"listen: 0.0.0.0:8780\n":                              {"url", "how callers reach"},
		"listen: ':8780'\n":                                   {"url", "how callers reach"},
		"url: ftp://x\n":                                      {"url", "ftp://x"},
		"drivers: some\n":                                     {"drivers", "some"},
		"host: ../etc\n":                                      {"host", "../etc"},
		"drain_timeout: 1h\n":                                 {"drain_timeout"},
		"external:\n  gateway: 10.0.0.1\n":                    {"external", "gateway", "10.0.0.1"},
		"external:\n  cidr: wide\n":                           {"external", "cidr"},
		"external:\n  last: 172.24.4.2\n":                     {"external", "last"},
		"surprise: 1\n":                                       {":1:", "surprise"},
		"glance:\n  enabled_backends:\n    a: {kind: tape}\n": {":3:", "glance.enabled_backends.a", "tape"},
		"glance:\n  enabled_backends:\n    a: {kind: file}\n    b: {kind: s3}\n":                       {":4:", "glance.enabled_backends.b", "missing"},
		"glance:\n  enabled_backends:\n    a: {kind: s3, s3: {bucket: b}}\n":                           {":3:", "glance.enabled_backends.a", "s3.access_key"},
		"glance:\n  enabled_backends:\n    a: {kind: file, s3: {bucket: b}}\n":                         {":3:", "no options of the kind file"},
		"glance:\n  enabled_backends:\n    a: {kind: rbd, rbd: {pool: --help}}\n":                      {":3:", "glance.enabled_backends.a", "rbd.pool"},
		"glance:\n  enabled_backends:\n    a: {kind: http}\n":                                          {"glance", "default_backend"},
		"glance:\n  enabled_backends:\n    a: {kind: file, read_only: yes}\n":                          {"glance", "default_backend"},
		"glance:\n  default_backend: b\n  enabled_backends:\n    a: {kind: file}\n":                    {"glance", "default_backend", "\"b\""},
		"glance:\n  enabled_backends:\n    a: {kind: file}\n    b: {kind: file}\n":                     {"glance", "enabled_backends.b", "where a does"},
		"glance:\n  image_cache_stores: [b]\n  enabled_backends:\n    a: {kind: file}\n":               {"glance", "image_cache_stores", "\"b\""},
		"glance:\n  image_cache_dir: /x\n  enabled_backends:\n    a: {kind: file, file: {dir: /x/}}\n": {"glance", "enabled_backends.a", "where the cache does"},
		"glance:\n  image_cache_max_size: -1\n":                                                        {"glance", "image_cache_max_size"},
		"glance:\n  enabled_backends:\n    os_glance_staging_store: {kind: file}\n":                    {"glance", "os_glance_staging_store"},
		"glance:\n  enabled_backends:\n    a: {kind: file}\n    a: {kind: file}\n":                     {":4:", "twice"},
		"external:\n  external_bridge: a\n  external_interface: b\n":                                   {"external", "name one of them"},
	} {
		d := newData(t)
		if err := os.WriteFile(d.path("cumulet.yaml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := loadConfig(&commands{Data: string(d)})
		if err == nil {
			t.Errorf("%q is taken", text)
			continue
		}
		for _, part := range want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is refused with %q, which does not say %q", text, err, part)
			}
		}
	}
}

func TestNamedConfigMustBeThere(t *testing.T) {
	t.Parallel()
	d := newData(t)
	if _, err := loadConfig(&commands{Data: string(d)}); err != nil {
		t.Errorf("without a file: %v", err)
	}
	missing := filepath.Join(string(d), "other.yaml")
	if _, err := loadConfig(&commands{Data: string(d), Config: missing}); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("a named file that is not there: %v", err)
	}
}

func TestDriversOfTheFileSayWhatTheMachineNeeds(t *testing.T) {
	t.Parallel()
	d := newData(t)
	if err := os.WriteFile(d.path("cumulet.yaml"), []byte("drivers: fake\nlisten: 0.0.0.0:8780\nurl: http://cloud.example.org:8780/\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := loadConfig(&commands{Data: string(d)})
	if err != nil {
		t.Fatal(err)
	}
	if made.URL != "http://cloud.example.org:8780" {
		t.Errorf("the URL is %q", made.URL)
	}
	if err := checkMachine(made); err != nil {
		t.Errorf("fake drivers need nothing, but: %v", err)
	}
}

func TestHostNameIsOneWhateverTheMachinesIs(t *testing.T) {
	t.Parallel()
	for machine, want := range map[string]string{
		"node1": "node1", "node1.example.org": "node1", "my_host": "my-host", "-odd-": "odd", "": "localhost", "___": "localhost",
		"a b/../c": "a-b", "größe": "gr-e", strings.Repeat("x", 80): strings.Repeat("x", 63),
	} {
		got := hostName(machine)
		if !hostForm.MatchString(got) {
			t.Errorf("%q becomes %q, which is no host name", machine, got)
		}
		if got != want && machine != "größe" {
			t.Errorf("%q becomes %q, want %q", machine, got, want)
		}
	}
}
