package netns

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
)

func requireRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: makes network namespaces")
	}
}

func here(t *testing.T) string {
	t.Helper()
	var at string
	if err := onThread(func() (err error) {
		at, err = os.Readlink(threadPath())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return at
}

func TestThreadsComeBack(t *testing.T) {
	requireRoot(t)
	name := "ctn" + strconv.Itoa(os.Getpid())
	for range 2 {
		if err := Ensure(name); err != nil {
			t.Fatal(err)
		}
	}
	home := here(t)
	failure := errors.New("failure")
	for i := range 200 {
		err := Do(name, func() error {
			at, err := os.Readlink(threadPath())
			if err != nil || at == home {
				return fmt.Errorf("inside is %q: %w", at, err)
			}
			if i%2 == 1 {
				return failure
			}
			return nil
		})
		if i%2 == 1 && !errors.Is(err, failure) || i%2 == 0 && err != nil {
			t.Fatal(err)
		}
		if at := here(t); at != home {
			t.Fatalf("a thread stayed in %q", at)
		}
	}
	for range 2 {
		if err := Delete(name); err != nil {
			t.Fatal(err)
		}
	}
	if Exists(name) {
		t.Error("the namespace is left")
	}
}

func TestWhatACrashLeftIsMended(t *testing.T) {
	requireRoot(t)
	name := "ctm" + strconv.Itoa(os.Getpid())
	t.Cleanup(func() { Delete(name) })
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(Path(name), nil, 0o444); err != nil {
		t.Fatal(err)
	}
	if Exists(name) {
		t.Fatal("a plain file counts as a namespace")
	}
	if err := Ensure(name); err != nil {
		t.Fatal(err)
	}
	if !Exists(name) {
		t.Error("the namespace was not made")
	}
}
