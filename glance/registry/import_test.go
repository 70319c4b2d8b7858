package registry_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/glance/registry"
	"cumulet/glance/registry/client"
	"cumulet/glance/store"
	"cumulet/glance/store/file"
	"cumulet/glance/transfer"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/flow"
	"cumulet/oslo/flow/flowtest"
	"cumulet/oslo/messaging"
	"cumulet/oslo/outbound"
	"cumulet/oslo/service/servicetest"
)

// world is a registry, and a glance-api host with two stores and a staging area.
type world struct {
	registry *registry.Registry
	transfer *transfer.Transfer
	url      string // of an image on the web
}

func who() glance.Caller { return glance.Caller{ProjectID: "acme", UserID: "user", Admin: true} }

func newWorld(t *testing.T) *world {
	t.Helper()
	rows, err := db.Open(t.Context(), dbtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { rows.Close() })
	bus, log := &messaging.Bus{Transport: messaging.NewMemory()}, slog.New(slog.DiscardHandler)
	w := &world{registry: &registry.Registry{
		DB: rows, Limits: glance.DefaultConfig().Limits(), Lease: time.Minute, Now: time.Now, NewID: uuid.NewString,
		Bus: bus, TaskLife: time.Hour, ImportDeadline: time.Minute,
	}}
	stores := map[string]*file.Store{}
	for _, name := range []string{"file", "second", glance.StagingStore} {
		s := &file.Store{StoreName: name, Dir: filepath.Join(t.TempDir(), name)}
		if err := s.Prepare(); err != nil {
			t.Fatal(err)
		}
		stores[name] = s
	}
	w.transfer = &transfer.Transfer{
		Registry: &client.Registry{Bus: bus}, Stores: store.Set{{Store: stores["file"]}, {Store: stores["second"]}}, SizeCap: 1 << 30, Log: log,
		Staging: stores[glance.StagingStore], Host: "host-1",
		Web: outbound.Guard{Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}},
	}
	servicetest.Run(t, w.registry.Messages(bus).Run)
	servicetest.Run(t, (&transfer.Server{Transfer: w.transfer, Bus: bus}).Run)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	t.Cleanup(web.Close)
	w.url = web.URL
	return w
}

// image is a new one, with bits staged, uploaded, or none.
func (w *world) image(t *testing.T, method string) glance.Image {
	t.Helper()
	i, err := w.registry.CreateImage(t.Context(), glance.CreateImage{Caller: who(), Image: glance.Image{
		Owner: "acme", Visibility: glance.Shared, DiskFormat: "raw", ContainerFormat: "bare", Properties: map[string]string{"made": "there"},
	}})
	bits := "hello"
	if len(w.registry.ImportRules.Plugins) > 0 {
		bits = packed(t)
	}
	switch {
	case err != nil:
	case method == glance.GlanceDirect:
		err = w.transfer.Stage(t.Context(), who(), i.ID, strings.NewReader(bits), -1)
	case method == glance.CopyImage:
		err = w.transfer.Upload(t.Context(), who(), i.ID, w.transfer.Stores[0], strings.NewReader("hello"), 5)
	}
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// start records an import as StartImport does, and takes it out of the registry's own hands again: the suite runs it.
func (w *world) start(t *testing.T, i glance.Image, m glance.Import) registry.ImportState {
	t.Helper()
	m.Asked = []byte("{}")
	_, err := w.registry.StartImport(t.Context(), glance.StartImport{Caller: who(), ID: i.ID, Import: m, Roles: []string{"member"}})
	if err != nil {
		t.Fatal(err)
	}
	return w.started(t, i.ID)
}

// started takes the operation on an image out of the registry's hands.
func (w *world) started(t *testing.T, id string) (state registry.ImportState) {
	t.Helper()
	var text string
	err := w.registry.DB.Tx(t.Context(), func(tx *db.Tx) error {
		if err := tx.Tx.QueryRowContext(t.Context(), "SELECT state FROM operations WHERE resource = '"+id+"'").Scan(&text); err != nil {
			return err
		}
		_, err := tx.Tx.ExecContext(t.Context(), "DELETE FROM operations")
		return err
	})
	if err == nil {
		err = json.Unmarshal([]byte(text), &state)
	}
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// keys are what lies where of an image, once what nobody needs was scrubbed.
func (w *world) keys(t *testing.T, id string) map[string]int {
	t.Helper()
	if err := w.registry.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.transfer.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, s := range append(slices.Clone(w.transfer.Stores), store.Backend{Store: w.transfer.Staging}) {
		for key, err := range s.Keys(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(key.Name, id) {
				found[s.Name()]++
			}
		}
	}
	return found
}

// TestImportsEndWhateverDies runs an import of each kind with every step failing, every undo repeated, and killed at every
// boundary.
func TestImportsEndWhateverDies(t *testing.T) {
	plugins := glance.ImportRules{
		Plugins:    []string{glance.Decompression, glance.Conversion, glance.MetadataInjection},
		Conversion: glance.ConversionConfig{OutputFormat: "qcow2"},
		Injection:  glance.InjectionConfig{Inject: map[string]string{"colour": "blue", "made": "here", "os_glance_x": "never"}},
	}
	for _, c := range []struct {
		name  string
		rules glance.ImportRules
		glance.Import
	}{
		{glance.GlanceDirect, glance.ImportRules{}, glance.Import{Method: glance.GlanceDirect, Stores: []string{"file", "second"}, AllMustSucceed: true}},
		{glance.WebDownload, glance.ImportRules{}, glance.Import{Method: glance.WebDownload, Stores: []string{"file"}, AllMustSucceed: true}},
		{glance.CopyImage, plugins, glance.Import{Method: glance.CopyImage, Stores: []string{"second"}, AllMustSucceed: true}},
		{"with plugins", plugins, glance.Import{Method: glance.GlanceDirect, Stores: []string{"file"}, AllMustSucceed: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if len(c.rules.Plugins) > 0 {
				needQEMU(t)
			}
			w := newWorld(t) // each import leaves it as it was
			w.registry.ImportRules = c.rules
			flowtest.Run(t, func(t *testing.T) flowtest.World[registry.ImportState] {
				i, m := w.image(t, c.Method), c.Import
				if m.Method == glance.WebDownload {
					m.URI = w.url
				}
				state := w.start(t, i, m)
				return flowtest.World[registry.ImportState]{
					DB: w.registry.DB.DB, Flow: w.registry.ImportFlow(), State: state,
					Check: func(t *testing.T, ended flow.Operation) { w.check(t, state, ended.Status) },
				}
			})
		})
	}
}

func needQEMU(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/usr/bin/qemu-img"); err != nil {
		t.Skip("qemu-utils is not installed")
	}
}

// packed is a raw disk by gzip.
func packed(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(make([]byte, 1<<20))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func (w *world) check(t *testing.T, state registry.ImportState, ended flow.Status) {
	t.Helper()
	i, err := w.registry.DB.Image(t.Context(), state.ImageID, "")
	if err != nil {
		t.Fatal(err)
	}
	task, err := w.registry.DB.Task(t.Context(), state.TaskID)
	if err != nil {
		t.Fatal(err)
	}
	copied := state.Import.Method == glance.CopyImage
	status, stores, became := glance.Active, slices.Clone(state.Import.Stores), glance.TaskSuccess
	if copied {
		stores = append([]string{"file"}, stores...)
	}
	// Once the bits are delivered an import is done, whatever its flow makes of it.
	delivered := strings.Contains(t.Name(), `step_"tidy"_fails_after`) || strings.Contains(t.Name(), `step_"finish"_fails`)
	if ended == flow.Undone && !delivered {
		status, stores, became = glance.Queued, nil, glance.TaskFailure
		if copied {
			status, stores = glance.Active, []string{"file"}
		}
	}
	if i.Status != status || task.Status != became || len(i.Locations) != len(stores) || i.Properties[glance.ImportTaskID] != "" ||
		i.Properties[glance.ImportingStores] != "" {
		t.Errorf("%+v %+v", i, task)
	}
	if (i.Size == nil) != (status == glance.Queued) {
		t.Errorf("an image %s with size %v", i.Status, i.Size)
	}
	w.checkPlugins(t, state, i)
	want := map[string]int{}
	for _, name := range stores {
		want[name] = 1
	}
	if got := w.keys(t, i.ID); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("in the stores lies %v, not %v", got, want)
	}
	if err := w.transfer.Delete(t.Context(), who(), i.ID); err != nil {
		t.Fatal(err)
	}
}

// checkPlugins holds that an image is what plugins make of it, or what it was when its import is undone.
func (w *world) checkPlugins(t *testing.T, state registry.ImportState, i glance.Image) {
	t.Helper()
	format, made, colour := "raw", "there", ""
	if i.Status == glance.Active && len(state.Handling.Plugins) > 0 {
		format, made, colour = "qcow2", "here", "blue"
		if i.Size == nil || *i.Size < 64<<10 || *i.VirtualSize != 1<<20 {
			t.Errorf("%+v", i)
		}
	}
	if _, forbidden := i.Properties["os_glance_x"]; i.DiskFormat != format || i.Properties["made"] != made || i.Properties["colour"] != colour || forbidden {
		t.Errorf("%+v", i)
	}
}
