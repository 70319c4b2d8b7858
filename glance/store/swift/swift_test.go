package swift_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/objectstorage/v1/containers"
	"github.com/gophercloud/gophercloud/v2/openstack/objectstorage/v1/objects"

	"cumulet/glance/store"
	"cumulet/glance/store/storetest"
	"cumulet/glance/store/storetest/swifttest"
	"cumulet/glance/store/swift"
)

const key = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d"

// TestSwiftStore has one server for all its claims, and a container for each.
func TestSwiftStore(t *testing.T) {
	server := swifttest.Start(t)
	var made atomic.Int64
	options := func() swift.Options {
		return swift.Options{
			AuthVersion: 1, AuthAddress: server.URL + "/auth/v1.0", User: swifttest.Account + ":" + swifttest.User, Key: swifttest.Key,
			Container: fmt.Sprintf("images%d", made.Add(1)), CreateContainer: true, SegmentSize: 5 << 20,
		}
	}
	t.Run("conforms", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, options()) })
	})
	t.Run("conforms with a prefix", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store {
			o := options()
			o.Prefix = "paris/"
			return open(t, o)
		})
	})
	t.Run("lists and deletes segments that died", func(t *testing.T) { findsTheDead(t, open(t, options())) })
	t.Run("leaves others' objects alone", func(t *testing.T) { leavesOthers(t, options()) })
	t.Run("signs in again when its token has run out", func(t *testing.T) { signsInAgain(t, open(t, options())) })
	t.Run("deletes all segments", func(t *testing.T) { deletesSegments(t, open(t, options())) })
	t.Run("signs in by keystone", func(t *testing.T) { signsInByKeystone(t, options()) })
	t.Run("makes no container unasked", func(t *testing.T) {
		o := options()
		o.CreateContainer = false
		if _, err := open(t, o).Put(t.Context(), key, strings.NewReader("bits"), 4); err == nil {
			t.Error("bits were put into a container that is not there")
		}
	})
	t.Run("does not tell its secret", func(t *testing.T) {
		o := options()
		o.Key = "hunter2"
		_, err := open(t, o).Size(t.Context(), key)
		if err == nil || strings.Contains(err.Error()+fmt.Sprintf("%+v", o), "hunter2") {
			t.Errorf("%v", err)
		}
	})
}

func open(t *testing.T, o swift.Options) *swift.Store {
	t.Helper()
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	s, err := swift.Open("cold", o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func client(t *testing.T, s *swift.Store) *gophercloud.ServiceClient {
	t.Helper()
	c, err := s.SignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := containers.Create(t.Context(), c, s.Container, nil).Err; err != nil {
		t.Fatal(err)
	}
	return c
}

func lay(t *testing.T, c *gophercloud.ServiceClient, s *swift.Store, name string) {
	t.Helper()
	if err := objects.Create(t.Context(), c, s.Container, name, objects.CreateOpts{Content: strings.NewReader("bits")}).Err; err != nil {
		t.Fatal(err)
	}
}

func keys(t *testing.T, s *swift.Store) (names []string) {
	t.Helper()
	for k, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if k.Written.IsZero() {
			t.Errorf("%s was written at no time", k.Name)
		}
		names = append(names, k.Name)
	}
	return names
}

// objectsOf are all names in the store's container.
func objectsOf(t *testing.T, s *swift.Store) []string {
	t.Helper()
	pages, err := objects.List(client(t, s), s.Container, nil).AllPages(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	names, err := objects.ExtractNames(pages)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// findsTheDead lays a segment, as a process leaves it that is killed before the manifest.
func findsTheDead(t *testing.T, s *swift.Store) {
	lay(t, client(t, s), s, key+"/00000001")
	if got := keys(t, s); len(got) != 1 || got[0] != key {
		t.Fatalf("the scrubber is told of %v", got)
	}
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got := objectsOf(t, s); len(got) != 0 {
		t.Errorf("%v is left", got)
	}
}

func deletesSegments(t *testing.T, s *swift.Store) {
	if _, err := s.Put(t.Context(), key, bytes.NewReader(make([]byte, 11<<20)), 11<<20); err != nil {
		t.Fatal(err)
	}
	if got := objectsOf(t, s); len(got) != 4 {
		t.Fatalf("11 MiB in segments of 5: %v", got)
	}
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got := objectsOf(t, s); len(got) != 0 {
		t.Errorf("%v is left", got)
	}
}

func leavesOthers(t *testing.T, o swift.Options) {
	paris := o
	paris.Prefix = "paris/"
	here, there := open(t, o), open(t, paris)
	c := client(t, here)
	for _, s := range []*swift.Store{here, there} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("bits"), 4); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"notes.txt", "backup/" + key, key + ".old", key + "2/00000001"} {
		lay(t, c, here, name)
	}
	for _, s := range []*swift.Store{here, there} {
		if got := keys(t, s); len(got) != 1 || got[0] != key {
			t.Errorf("%q takes for its own: %v", s.Prefix, got)
		}
	}
	if err := here.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got := objectsOf(t, here); len(got) != 5 {
		t.Errorf("of others' five objects there are left: %v", got)
	}
}

// signsInAgain takes the token away between two segments.
func signsInAgain(t *testing.T, s *swift.Store) {
	var signed *gophercloud.ServiceClient
	signIn := s.SignIn
	s.SignIn = func(ctx context.Context) (c *gophercloud.ServiceClient, err error) {
		c, err = signIn(ctx)
		signed = c
		return c, err
	}
	src := io.MultiReader(bytes.NewReader(make([]byte, 5<<20)), &once{do: func() { signed.SetToken("run-out") }}, bytes.NewReader(make([]byte, 5<<20)))
	if n, err := s.Put(t.Context(), key, src, -1); err != nil || n != 10<<20 {
		t.Fatalf("%d bytes, %v", n, err)
	}
	signed.SetToken("run-out")
	if n, err := s.Size(t.Context(), key); err != nil || n != 10<<20 {
		t.Fatalf("size %d, %v", n, err)
	}
}

// signsInByKeystone has a keystone whose tokens are the object store's own.
func signsInByKeystone(t *testing.T, o swift.Options) {
	own := client(t, open(t, o))
	keystone := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPost || r.URL.Path != "/v3/auth/tokens" {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
		const want = `{"auth":{"identity":{"methods":["password"],"password":{"user":{"domain":{"name":"users"},"name":"glance","password":"pass"}}},` +
			`"scope":{"project":{"domain":{"name":"Default"},"name":"service"}}}}`
		if string(asked) != want {
			t.Errorf("asked for %s", asked)
		}
		w.Header().Set("X-Subject-Token", own.Token())
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"token": {"expires_at": "2099-01-01T00:00:00.000000Z", "catalog": [{"type": "object-store", "endpoints": [
			{"interface": "public", "region": "one", "region_id": "one", "url": "http://127.0.0.1:1/"},
			{"interface": "internal", "region": "one", "region_id": "one", "url": %q}]}]}}`, own.Endpoint)
	}))
	defer keystone.Close()
	o.AuthVersion, o.AuthAddress, o.User, o.Key, o.Project = 0, keystone.URL+"/v3", "glance", "pass", "service"
	o.UserDomain, o.Interface, o.Region = "users", "internal", "one"
	s := open(t, o)
	if _, err := s.Put(t.Context(), key, strings.NewReader("bits"), 4); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Size(t.Context(), key); err != nil || n != 4 {
		t.Errorf("size %d, %v", n, err)
	}
}

// once does something when it is read, and gives nothing.
type once struct{ do func() }

func (o *once) Read([]byte) (int, error) {
	o.do()
	return 0, io.EOF
}

func TestOptionsAreHeldAgainstOneAnother(t *testing.T) {
	good := swift.Options{AuthAddress: "http://127.0.0.1/v3", User: "glance", Key: "k", Project: "service"}
	for name, change := range map[string]func(o *swift.Options){
		"no address": func(o *swift.Options) { o.AuthAddress = "" }, "version 2": func(o *swift.Options) { o.AuthVersion = 2 },
		"no key": func(o *swift.Options) { o.Key = "" }, "no project": func(o *swift.Options) { o.Project = "" },
		"large segments": func(o *swift.Options) { o.SegmentSize = 6 << 30 }, "no such interface": func(o *swift.Options) { o.Interface = "inner" },
	} {
		o := good
		if change(&o); o.Check() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}
