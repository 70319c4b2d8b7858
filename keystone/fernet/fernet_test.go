package fernet

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func repository(t *testing.T) *Keys {
	t.Helper()
	keys := &Keys{Folder: filepath.Join(t.TempDir(), "keys")}
	if err := keys.Setup(); err != nil {
		t.Fatal(err)
	}
	return keys
}

func active(t *testing.T, k *Keys) []Key {
	t.Helper()
	keys, err := k.Active()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// touch moves the folder's time on, as a file system with coarse times would only later.
func touch(t *testing.T, folder string, seconds int) {
	t.Helper()
	at := noon.Add(time.Duration(seconds) * time.Second)
	if err := os.Chtimes(folder, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsSealedIsUnsealed(t *testing.T) {
	keys := active(t, repository(t))
	for _, payload := range []string{"", "a", strings.Repeat("b", 15), strings.Repeat("c", 16), strings.Repeat("d", 100_000)} {
		given := append(make([]byte, 0, len(payload)+32), payload...) // with room behind that must stay as it is
		text := Seal(keys[0], given, noon)
		got, at, err := Unseal(keys, text)
		if err != nil || string(got) != payload || !at.Equal(noon) {
			t.Errorf("%d bytes come back as %d of %v, %v", len(payload), len(got), at, err)
		}
		if text == Seal(keys[0], given, noon) {
			t.Error("the same payload is sealed alike twice")
		}
		flipped := []byte(text)
		flipped[len(flipped)/2] ^= 1
		for _, forged := range []string{"", string(flipped), text[:len(text)-1], text + "AAAA", strings.ToUpper(text)} {
			if _, _, err := Unseal(keys, forged); !errors.Is(err, ErrUnreadable) {
				t.Errorf("forged: %v", err)
			}
		}
	}
}

func TestRotationKeepsTheStagedAndOneOldKey(t *testing.T) {
	k := repository(t)
	for rotation := 1; rotation <= 3; rotation++ {
		staged := active(t, k)
		if err := k.Rotate(); err != nil {
			t.Fatal(err)
		}
		touch(t, k.Folder, rotation)
		if now := active(t, k); now[0] != staged[len(staged)-1] {
			t.Errorf("rotation %d makes another than the staged key the primary", rotation)
		}
	}
	numbers, err := k.numbers()
	if err != nil || !reflect.DeepEqual(numbers, []int{0, 3, 4}) {
		t.Errorf("keys %v, %v after three rotations; want the staged, the primary, one old", numbers, err)
	}
	for _, n := range numbers {
		info, err := os.Stat(k.file(n))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("key %d: %v, %v; want mode 0600", n, info.Mode(), err)
		}
	}
}

func TestSetupLeavesKeysAlone(t *testing.T) {
	k := repository(t)
	before := active(t, k)
	if err := k.Setup(); err != nil {
		t.Fatal(err)
	}
	touch(t, k.Folder, 1)
	if after := active(t, k); !reflect.DeepEqual(before, after) {
		t.Error("the keys changed")
	}
}

// What one process rotates another sees at the next use, also where several changes bear one time.
func TestKeysThatAreRotatedElsewhereAreSeen(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "keys")
	here, there := &Keys{Folder: folder, MaxActive: 2}, &Keys{Folder: folder, MaxActive: 2}
	if err := here.Setup(); err != nil {
		t.Fatal(err)
	}
	var before []Key
	for range 20 {
		if err := there.Rotate(); err != nil {
			t.Fatal(err)
		}
		keys, err := here.Active()
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) != 2 || before != nil && (keys[0] != before[1] || keys[1] == before[1] || keys[1] == before[0]) {
			t.Fatalf("%d keys, of which the first is not what was staged", len(keys))
		}
		before = slices.Clone(keys)
	}
}

func TestAnEpochEndsWithAChange(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	age := func() {
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(folder, old, old); err != nil {
			t.Fatal(err)
		}
	}
	epoch := func() int64 {
		e, err := Epoch(folder)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	age()
	settled := epoch()
	if epoch() != settled {
		t.Error("nothing has changed")
	}
	if err := os.WriteFile(filepath.Join(folder, "0"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	young := epoch()
	if young == settled || epoch() == young {
		t.Error("just after a change, each moment is an epoch")
	}
	if _, err := Epoch(filepath.Join(folder, "none")); err == nil {
		t.Error("there is no such folder")
	}
}
