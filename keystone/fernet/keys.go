package fernet

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Keys is a key repository. What another process rotates is seen at the next use.
type Keys struct {
	Folder string
	// MaxActive is how many keys a rotation leaves: the staged, the primary and old ones; 3 when zero.
	MaxActive int

	mu     sync.Mutex
	loaded []Key // the primary first
	epoch  int64 // of loaded
}

// young is how long after a change another may not show in the time of the change.
const young = 2 * time.Second

// Epoch tells one state of keys, in a folder or file, from any other: what was read in an epoch need not be read again in it. It is the time of
// the last change; while another might not show in that, each moment is an epoch of its own.
func Epoch(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("read key repository: %w", err)
	}
	if now := time.Now(); now.Sub(info.ModTime()) < young {
		return now.UnixNano(), nil
	}
	return info.ModTime().UnixNano(), nil
}

// Epoch is that of the folder.
func (k *Keys) Epoch() (int64, error) { return Epoch(k.Folder) }

// Setup makes the folder, a primary and a staged key, unless there are keys already.
func (k *Keys) Setup() error {
	if err := os.MkdirAll(k.Folder, 0o700); err != nil {
		return fmt.Errorf("make key repository: %w", err)
	}
	release, err := k.hold()
	if err != nil {
		return err
	}
	defer release()
	numbers, err := k.numbers()
	if err != nil || len(numbers) > 0 {
		return err
	}
	if err := k.write(1); err != nil {
		return err
	}
	return k.write(0)
}

// Rotate makes the staged key the primary, stages a new one and drops the oldest beyond MaxActive. It may be cut off
// anywhere: there is a primary at each moment, and the next rotation goes on.
func (k *Keys) Rotate() error {
	if err := k.Setup(); err != nil {
		return err
	}
	release, err := k.hold()
	if err != nil {
		return err
	}
	defer release()
	numbers, err := k.numbers()
	if err != nil {
		return err
	}
	next := numbers[len(numbers)-1] + 1
	if numbers[0] == 0 {
		if err := os.Rename(k.file(0), k.file(next)); err != nil {
			return fmt.Errorf("promote staged key: %w", err)
		}
	} else if err := k.write(next); err != nil {
		return err
	}
	if err := k.write(0); err != nil {
		return err
	}
	return k.prune()
}

// hold keeps other processes from changing the keys meanwhile.
func (k *Keys) hold() (release func(), err error) {
	folder, err := os.Open(k.Folder)
	if err != nil {
		return nil, fmt.Errorf("hold key repository: %w", err)
	}
	for {
		err = syscall.Flock(int(folder.Fd()), syscall.LOCK_EX)
		if err == nil {
			return func() { folder.Close() }, nil
		}
		if !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("hold key repository: %w", err), folder.Close())
		}
	}
}

// prune drops the oldest keys.
func (k *Keys) prune() error {
	most := k.MaxActive
	if most == 0 {
		most = 3
	}
	numbers, err := k.numbers()
	if err != nil {
		return err
	}
	old := numbers[1:] // without the staged one
	for len(old) > max(most-1, 1) {
		if err := os.Remove(k.file(old[0])); err != nil {
			return fmt.Errorf("drop old key: %w", err)
		}
		old = old[1:]
	}
	return nil
}

// Active are the keys, the primary first, then from the newest to the staged one. They are read anew when the folder
// has changed.
func (k *Keys) Active() ([]Key, error) {
	epoch, err := k.Epoch()
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.loaded) > 0 && epoch == k.epoch {
		return k.loaded, nil
	}
	numbers, err := k.numbers()
	if err != nil {
		return nil, err
	}
	if len(numbers) == 0 {
		return nil, errors.New("key repository: no keys")
	}
	slices.Reverse(numbers)
	keys := make([]Key, 0, len(numbers))
	for _, n := range numbers {
		one, err := k.read(n)
		if errors.Is(err, fs.ErrNotExist) {
			continue // dropped or promoted meanwhile
		}
		if err != nil {
			return nil, err
		}
		keys = append(keys, one)
	}
	k.loaded, k.epoch = keys, epoch
	return keys, nil
}

// numbers are the numbers of the keys there, lowest first.
func (k *Keys) numbers() ([]int, error) {
	entries, err := os.ReadDir(k.Folder)
	if err != nil {
		return nil, fmt.Errorf("key repository: %w", err)
	}
	var numbers []int
	for _, e := range entries {
		if n, err := strconv.Atoi(e.Name()); err == nil && n >= 0 {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func (k *Keys) file(number int) string { return filepath.Join(k.Folder, strconv.Itoa(number)) }

func (k *Keys) read(number int) (one Key, err error) {
	text, err := os.ReadFile(k.file(number))
	if err != nil {
		return one, fmt.Errorf("read key %d: %w", number, err)
	}
	b, err := base64.URLEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(b) != len(one) {
		return one, fmt.Errorf("key %d is no Fernet key", number) // and what it is instead stays in the file
	}
	return Key(b), nil
}

// write makes a new key; the file appears whole or not at all.
func (k *Keys) write(number int) error {
	var one Key
	rand.Read(one[:]) // never fails
	f, err := os.CreateTemp(k.Folder, ".new-*")
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	defer os.Remove(f.Name()) // gone already once renamed
	_, err = f.WriteString(base64.URLEncoding.EncodeToString(one[:]))
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), k.file(number))
	}
	if err != nil {
		return fmt.Errorf("write key %d: %w", number, err)
	}
	return nil
}
