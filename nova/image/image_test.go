package image_test

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gophercloud/gophercloud/v2"

	"cumulet/nova/image"
	"cumulet/oslo/fault"
	"cumulet/oslo/format/formattest"
	"cumulet/oslo/policy"
)

// glance is one that serves what it is given, and counts.
type glance struct {
	mu        sync.Mutex
	images    map[string]map[string]any
	bits      map[string][]byte
	downloads atomic.Int64
	token     string // the last one seen
}

func (g *glance) add(t *testing.T, format string, bits []byte, more ...string) string {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	id := uuid.NewString()
	sum := sha512.Sum512(bits)
	i := map[string]any{
		"id": id, "name": "x", "status": "active", "disk_format": format, "container_format": "bare", "size": len(bits), "owner": "acme",
		"min_disk": 1, "min_ram": 64, "os_hash_algo": "sha512", "os_hash_value": hex.EncodeToString(sum[:]), "hw_vif_model": "virtio",
		"virtual_size": nil, "created_at": "2026-01-02T03:04:05Z", "updated_at": "2026-01-02T03:04:05Z", "stores": "file",
	}
	for n := 0; n+1 < len(more); n += 2 {
		i[more[n]] = more[n+1]
	}
	g.images[id], g.bits[id] = i, bits
	return id
}

func (g *glance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	g.token = r.Header.Get("X-Auth-Token")
	id, isFile := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/v2/images/"), "/file")
	i, bits := g.images[id], g.bits[id]
	g.mu.Unlock()
	switch {
	case i == nil:
		http.Error(w, "no", http.StatusNotFound)
	case isFile:
		g.downloads.Add(1)
		w.Write(bits) //nolint:errcheck // the client will tell
	default:
		json.NewEncoder(w).Encode(i) //nolint:errcheck // the client will tell
	}
}

func start(t *testing.T) (*glance, *image.Cache, *image.Client) {
	t.Helper()
	g := &glance{images: map[string]map[string]any{}, bits: map[string][]byte{}}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	client := &image.Client{Glance: &gophercloud.ServiceClient{
		ProviderClient: &gophercloud.ProviderClient{TokenID: "nova's own"}, Endpoint: server.URL + "/", ResourceBase: server.URL + "/v2/",
	}}
	cache := &image.Cache{Source: client, Dir: filepath.Join(t.TempDir(), "_base"), Now: time.Now}
	return g, cache, client
}

func files(t *testing.T, c *image.Cache) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(c.Dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestAnImageIsFetchedOnceHoweverManyAsk(t *testing.T) {
	g, cache, _ := start(t)
	id := g.add(t, "raw", []byte("bits"))
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			base, err := cache.Fetch(t.Context(), id)
			if err != nil {
				t.Error(err)
				return
			}
			if b, err := os.ReadFile(base.Path); err != nil || string(b) != "bits" || base.Format != "raw" || base.VirtualBytes != 4 {
				t.Errorf("%q %v %+v", b, err, base)
			}
		})
	}
	all.Wait()
	// Another process on the same folder finds it there.
	again := &image.Cache{Source: cache.Source, Dir: cache.Dir, Now: time.Now}
	base, err := again.Fetch(t.Context(), id)
	if err != nil || base.Image.Properties["hw_vif_model"] != "virtio" || base.Image.MinDiskGiB != 1 || base.Image.Properties["stores"] != "" {
		t.Errorf("%+v %v", base, err)
	}
	if n := g.downloads.Load(); n != 1 {
		t.Errorf("downloaded %d times", n)
	}
}

// Its owner may write there what he likes, and nova's own user may see everybody's.
func TestWhatAnImagesPropertiesNameIsNotFetched(t *testing.T) {
	g, cache, _ := start(t)
	kernel := g.add(t, "aki", []byte("another project's"))
	id := g.add(t, "ami", []byte("disk"), "kernel_id", kernel, "ramdisk_id", kernel)
	if _, err := cache.Fetch(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if n := g.downloads.Load(); n != 1 {
		t.Errorf("downloaded %d times", n)
	}
}

func TestBitsThatAreNotTheRecordedOnesAreRefused(t *testing.T) {
	g, cache, _ := start(t)
	for name, bits := range map[string]string{"changed": "bitz", "longer": "bits and more", "shorter": "bi"} {
		id := g.add(t, "raw", []byte("bits"))
		g.bits[id] = []byte(bits)
		if _, err := cache.Fetch(t.Context(), id); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if left := files(t, cache); len(left) != 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
	}
}

func TestHostileImagesAreRefusedOnTheHostAndLeaveNothing(t *testing.T) {
	g, cache, _ := start(t)
	for _, one := range formattest.Hostile() {
		_, err := cache.Fetch(t.Context(), g.add(t, string(one.Declared), one.Bits))
		if f := fault.Of(err); f == nil || f.Name != "ImageUnacceptable" || !strings.Contains(f.Text, one.Fault) {
			t.Errorf("%s: %v, not %q", one.Name, err, one.Fault)
		}
		if left := files(t, cache); len(left) != 0 {
			t.Errorf("%s: left behind %v", one.Name, left)
		}
	}
	for _, container := range []string{"ova", "docker", "compressed"} {
		_, err := cache.Fetch(t.Context(), g.add(t, "raw", []byte("bits"), "container_format", container))
		if f := fault.Of(err); f == nil || f.Name != "ImageUnacceptable" {
			t.Errorf("%s: %v", container, err)
		}
	}
}

func TestSoundImagesAreKeptWithTheirSize(t *testing.T) {
	if _, err := os.Stat("/usr/bin/qemu-img"); err != nil {
		t.Skip("qemu-utils is not installed: the host cannot look at images")
	}
	g, cache, _ := start(t)
	for _, one := range formattest.Sound() {
		base, err := cache.Fetch(t.Context(), g.add(t, string(one.Declared), one.Bits))
		if err != nil || base.VirtualBytes != one.Size {
			t.Errorf("%s: %d bytes, %v", one.Name, base.VirtualBytes, err)
		}
	}
}

func TestUnusedBasesAreCleaned(t *testing.T) {
	g, cache, _ := start(t)
	now := time.Now()
	cache.Now = func() time.Time { return now }
	used, unused := g.add(t, "raw", []byte("used")), g.add(t, "raw", []byte("unused"))
	for _, id := range []string{used, unused} {
		if _, err := cache.Fetch(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	broken := filepath.Join(cache.Dir, uuid.NewString()+".part")
	foreign := filepath.Join(cache.Dir, "notes.txt")
	for _, path := range []string{broken, foreign, filepath.Join(cache.Dir, unused) + ".qcow2"} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clean := func() {
		t.Helper()
		if err := cache.Clean(t.Context(), map[string]bool{used: true}, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	clean()
	if n := len(files(t, cache)); n != 6 { // only the broken download is gone
		t.Errorf("%v", files(t, cache))
	}
	now = now.Add(2 * time.Hour)
	clean()
	if n := len(files(t, cache)); n != 3 {
		t.Errorf("%v", files(t, cache))
	}
}

func TestImagesAreAskedForWithTheCallersToken(t *testing.T) {
	g, _, client := start(t)
	id := g.add(t, "raw", []byte("bits"))
	if _, err := client.Image(t.Context(), policy.Who{Token: "theirs"}, id); err != nil || g.token != "theirs" {
		t.Errorf("%v, token %q", err, g.token)
	}
	if _, err := client.Show(t.Context(), id); err != nil || g.token != "nova's own" {
		t.Errorf("%v, token %q", err, g.token)
	}
	if _, err := client.Show(t.Context(), uuid.NewString()); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

func TestIDsThatArePathsAreRefused(t *testing.T) {
	_, cache, _ := start(t)
	for _, id := range []string{"", "..", "../../etc/passwd", "urn:uuid:1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11", "{1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11}"} {
		if _, err := cache.Fetch(context.Background(), id); err == nil {
			t.Errorf("%q was fetched", id)
		}
	}
}
