package main

import (
	"bytes"
	"maps"
	"os"
	"strings"
	"testing"

	"cumulet/glance/store"
	"cumulet/oslo/config"
)

// openStores loads a file's stores.
func openStores(t *testing.T, text string) (Config, store.Set) {
	t.Helper()
	d := newData(t)
	if err := os.WriteFile(d.path("cumulet.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := loadConfig(&commands{Data: string(d)})
	if err != nil {
		t.Fatal(err)
	}
	made.Glance = made.Glance.in(d)
	all, err := made.Glance.stores()
	if err != nil {
		t.Fatal(err)
	}
	return made, all
}

func TestWithoutStoresThereIsOneOfFiles(t *testing.T) {
	t.Parallel()
	_, all := openStores(t, "")
	if len(all) != 1 || all[0].Name() != "file" || all[0].Kind() != "file" || all[0].ReadOnly {
		t.Errorf("%+v", all)
	}
}

func TestStoresAreOpenedTheDefaultFirst(t *testing.T) {
	t.Parallel()
	made, all := openStores(t, `
glance:
  default_backend: fast
  enabled_backends:
    cold:
      kind: s3
      store_description: cheap and slow
      weight: -1
      s3: {host: 'https://s3.example.org', access_key: a, secret_key: geheim, bucket: images, prefix: paris/}
    fast: {kind: file, weight: 10}
    web: {kind: http}
    ceph: {kind: rbd, weight: 3, rbd: {user: glance, prefix: paris-}}
    older:
      kind: swift
      read_only: yes
      swift: {auth_address: 'https://cloud.example.org/identity/v3', user: glance, key: geheim, project: service}
`)
	type shown struct {
		name, kind, description string
		weight                  int
		readOnly                bool
	}
	var got []shown
	for _, b := range all {
		got = append(got, shown{b.Name(), b.Kind(), b.Description, b.Weight, b.ReadOnly})
	}
	want := []shown{
		{"fast", "file", "", 10, false}, {"ceph", "rbd", "", 3, false}, {"cold", "s3", "cheap and slow", -1, false}, {"older", "swift", "", 0, true}, {"web", "http", "", 0, true},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for n := range want {
		if got[n] != want[n] {
			t.Errorf("%+v, not %+v", got[n], want[n])
		}
	}
	var printed bytes.Buffer
	if err := config.Print(&printed, &made); err != nil || strings.Contains(printed.String(), "geheim") {
		t.Errorf("printed %v\n%s", err, printed.String())
	}
}

func TestStoresFarAwayAreCached(t *testing.T) {
	t.Parallel()
	const stores = `
  default_backend: near
  enabled_backends:
    near: {kind: file}
    far: {kind: s3, s3: {host: 'https://s3.example.org', access_key: a, secret_key: b, bucket: images}}
`
	for named, want := range map[string]map[string]bool{
		"glance:" + stores: {"near": false, "far": true},
		"glance:\n  image_cache_stores: [near]" + stores: {"near": true, "far": false},
		"":                                     {"file": false},
		"glance: {image_cache_stores: [file]}": {"file": true},
	} {
		_, all := openStores(t, named)
		got := map[string]bool{}
		for _, b := range all {
			got[b.Name()] = b.Cached
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s\n%v", named, got)
		}
	}
}
