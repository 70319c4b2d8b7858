package fake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cumulet/nova/virt"
)

// Open is New with the guests that a Driver of the same folder had, running or not as they were then; the folder is made.
func Open(hostname, folder string) (*Driver, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	d := New(hostname)
	d.folder = folder
	files, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := d.read(f.Name()); err != nil {
			return nil, fmt.Errorf("read guest %q: %w", f.Name(), err)
		}
	}
	return d, nil
}

// kept is a guest as its file holds it.
type kept struct {
	Guest virt.Guest
	State virt.State
}

// The ends of the names of files: of a guest, and of one that is being written.
const (
	guestFile  = ".json"
	unfinished = ".new"
)

func (d *Driver) read(name string) error {
	file := filepath.Join(d.folder, name)
	if strings.HasSuffix(name, unfinished) {
		return os.Remove(file)
	}
	id, ok := strings.CutSuffix(name, guestFile)
	if !ok {
		return nil
	}
	k, err := readGuest(file)
	d.guests[id] = &guest{Guest: k.Guest, state: k.State}
	return err
}

func readGuest(file string) (k kept, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return k, err
	}
	return k, json.Unmarshal(text, &k)
}

// Kept is the state of all guests that a folder holds, for who looks at it from outside while its Driver works.
func Kept(folder string) (map[string]virt.State, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*"+guestFile))
	states := make(map[string]virt.State, len(files))
	for _, file := range files {
		k, err := readGuest(file)
		if errors.Is(err, fs.ErrNotExist) { // destroyed meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		states[strings.TrimSuffix(filepath.Base(file), guestFile)] = k.State
	}
	return states, err
}

// keep writes a guest to its file, whole or not at all; the caller holds the lock.
func (d *Driver) keep(g *guest) error {
	if d.folder == "" {
		return nil
	}
	k := kept{Guest: g.Guest, State: g.state}
	k.Guest.ConfigDrive = nil // nobody reads it again
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	file := filepath.Join(d.folder, g.ID+guestFile)
	if err := os.WriteFile(file+unfinished, text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+unfinished, file)
}

// drop removes a guest's file; the caller holds the lock.
func (d *Driver) drop(id string) error {
	if d.folder == "" {
		return nil
	}
	err := os.Remove(filepath.Join(d.folder, id+guestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
