package policy

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// written is a log that a test reads while it is written.
type written struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within ten seconds", what)
		}
	}
}

// TestAFileIsFollowed: written in place, replaced, made wrong, taken away, and put back.
func TestAFileIsFollowed(t *testing.T) {
	t.Parallel()
	e, err := New([]Rule{{Name: "get", Check: "role:reader"}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "policy.yaml")
	write := func(to, text string) {
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	may := func(role string) bool { return e.Check("get", Who{Roles: []string{role}}, nil).Allowed }
	var log written
	if _, err := e.Follow(file, slog.New(slog.NewTextHandler(&log, nil))); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file that is not there: %v", err)
	}
	write(file, "get: role:one\n")
	followed, err := e.Follow(file, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if !may("one") || may("reader") {
		t.Error("the file does not hold from the start")
	}
	write(file, "get: role:two\n")
	until(t, "written in place", func() bool { return may("two") })
	write(file+".new", "get: role:three\n")
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
	until(t, "replaced", func() bool { return may("three") })
	write(file, "# why\nget: role:four and\n")
	until(t, "refused with its line", func() bool { return strings.Contains(log.String(), "policy.yaml:2:") })
	if !may("three") {
		t.Error("what is wrong has changed the rules")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	until(t, "told to be gone", func() bool { return strings.Contains(log.String(), "no such file") })
	if !may("three") {
		t.Error("what is gone has changed the rules")
	}
	write(file, "{}\n")
	until(t, "put back, and saying nothing", func() bool { return may("reader") })
	if err := followed.Close(); err != nil {
		t.Error(err)
	}
	write(file, "get: role:five\n")
	time.Sleep(3 * settled)
	if may("five") {
		t.Error("a file is read that nobody follows any more")
	}
}
