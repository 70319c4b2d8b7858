package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"

	"cumulet/cmd/cumulet/doctor"
	"cumulet/neutron/agent/host"
	"cumulet/neutron/agent/l3"
	"cumulet/neutron/agent/netns"
	"cumulet/nova"
	"cumulet/nova/virt"
	"cumulet/nova/virt/fake"
)

// lookAtHosts looks at what is on the hosts that the data folder knows of.
func lookAtHosts(ctx context.Context, d dataDir) ([]doctor.Host, error) {
	var hosts []doctor.Host
	fakes, err := folders(d.path("fake"))
	if err != nil {
		return nil, err
	}
	for _, name := range fakes {
		guests, err := fake.Kept(d.fakeGuests(name))
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, doctor.Host{Name: name, Guests: powers(guests)})
	}
	reals, err := folders(d.path("hosts"))
	if err != nil {
		return nil, err
	}
	for _, name := range reals {
		h, err := lookAtNode(ctx, newNode(d, name))
		if err != nil {
			return nil, fmt.Errorf("look at host %q: %w", name, err)
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// powers are the states of guests as nova counts them.
func powers(guests map[string]virt.State) map[string]int {
	states := make(map[string]int, len(guests))
	for id, state := range guests {
		states[id] = int(nova.PowerState(state))
	}
	return states
}

// lookAtNode looks at a host with a network namespace, and a hypervisor where it answers.
func lookAtNode(ctx context.Context, n node) (h doctor.Host, err error) {
	h.Name = n.Name
	if _, err := os.Stat(n.libvirtSocket()); err == nil {
		driver := n.driver(slog.New(slog.DiscardHandler))
		guests, err := driver.Guests(ctx)
		if err := errors.Join(err, driver.Close()); err != nil {
			return h, err
		}
		h.Guests = powers(guests)
	}
	if h.Folders, err = folders(n.instances()); err != nil {
		return h, err
	}
	there, err := netns.List()
	if err != nil || !slices.Contains(there, n.Namespace) {
		return h, err
	}
	return h, errors.Join(lookAtDevices(n, &h), lookAtRouters(ctx, n, &h))
}

// lookAtDevices finds the devices of ports and the namespaces.
func lookAtDevices(n node, h *doctor.Host) error {
	h.Wired = true
	err := host.With(n.Namespace, func(handle *netlink.Handle) error {
		links, err := host.List(handle.LinkList)
		for _, l := range links {
			if strings.HasPrefix(l.Attrs().Name, "tap") {
				h.Taps = append(h.Taps, l.Attrs().Name)
			}
		}
		return err
	})
	if err == nil {
		h.DHCP, err = n.Networks()
	}
	if err == nil {
		h.Routers, err = n.Routers()
	}
	return err
}

// lookAtRouters reads what routers translate.
func lookAtRouters(ctx context.Context, n node, h *doctor.Host) error {
	h.Floating = map[string]map[string]string{}
	for _, id := range h.Routers {
		floating, err := l3.Translations(ctx, n.Host, id)
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			continue
		}
		if err != nil {
			return err
		}
		h.Floating[id] = floating
	}
	return nil
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

// lookAtFiles looks at the file store of images; nil where it is not on this machine, or not the only one.
func lookAtFiles(d dataDir, config Config) (*doctor.Files, error) {
	if len(config.Glance.EnabledBackends) > 0 {
		return nil, nil
	}
	folders := config.Glance.in(d)
	dir := folders.ImagesDir
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
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folders.StagingDir)
	for _, e := range entries {
		if !e.IsDir() {
			files.Staged = append(files.Staged, e.Name())
		}
	}
	if errors.Is(err, fs.ErrNotExist) { // nothing was ever staged
		err = nil
	}
	return files, err
}
