package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"cumulet/cmd/cumulet/doctor"
	"cumulet/nova"
	"cumulet/nova/virt/fake"
)

// lookAtHosts looks at what is on the hosts that the data folder knows of.
func lookAtHosts(ctx context.Context, d dataDir) ([]doctor.Host, error) {
	var hosts []doctor.Host
	names, err := folders(d.path("fake"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		guests, err := fake.Kept(d.fakeGuests(name))
		if err != nil {
			return nil, err
		}
		h := doctor.Host{Name: name, Guests: map[string]int{}}
		for id, state := range guests {
			h.Guests[id] = int(nova.PowerState(state))
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// folders are the names of those in a folder; none where that is not there.
func folders(in string) ([]string, error) {
	entries, err := os.ReadDir(in)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// lookAtFiles looks at the file store of images; nil where it is not on this machine.
func lookAtFiles(d dataDir, config Config) (*doctor.Files, error) {
	dir := config.Glance.ImagesDir
	if dir == "" {
		dir = d.path("images")
	}
	files := &doctor.Files{Sizes: map[string]int64{}}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if filepath.Dir(path) != dir {
			files.Beside = append(files.Beside, entry.Name())
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			return nil
		}
		if err == nil {
			files.Sizes[entry.Name()] = info.Size()
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return files, err
}
