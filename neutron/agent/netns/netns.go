package netns

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"golang.org/x/sys/unix"
)

// folder is where `ip netns` keeps the names, as iproute2/include/namespace.h, NETNS_RUN_DIR.
const folder = "/run/netns"

// Path is the file that holds the namespace open.
func Path(name string) string { return filepath.Join(folder, name) }

// Exists tells whether name is a namespace; a file that a crash left without one is none.
func Exists(name string) bool {
	if name == "" {
		return true
	}
	var fs unix.Statfs_t
	return unix.Statfs(Path(name), &fs) == nil && fs.Type == unix.NSFS_MAGIC
}

// Ensure makes the namespace unless it exists.
func Ensure(name string) error {
	if Exists(name) {
		return nil
	}
	if err := share(); err != nil {
		return fmt.Errorf("share %s: %w", folder, err)
	}
	// What is there is no namespace: a start that broke off left it.
	if err := os.Remove(Path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove broken namespace %q: %w", name, err)
	}
	if err := create(name); err != nil {
		return fmt.Errorf("create namespace %q: %w", name, err)
	}
	return nil
}

// share makes the folder a shared mount, as `ip netns add` does: otherwise a process in a mount namespace of its own
// (libvirtd, a guest) keeps namespaces alive that were deleted here.
func share() error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	err := unix.Mount("", folder, "none", unix.MS_SHARED|unix.MS_REC, "")
	if !errors.Is(err, unix.EINVAL) {
		return err
	}
	// Not a mount point yet.
	if err := unix.Mount(folder, folder, "none", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return err
	}
	return unix.Mount("", folder, "none", unix.MS_SHARED|unix.MS_REC, "")
}

func create(name string) error {
	f, err := os.OpenFile(Path(name), os.O_CREATE|os.O_EXCL|os.O_RDONLY, 0o444)
	if err != nil {
		return err
	}
	f.Close()
	err = onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		return unix.Mount(threadPath(), Path(name), "none", unix.MS_BIND, "")
	})
	if err != nil {
		os.Remove(Path(name))
	}
	return err
}

// Delete removes the namespace; one that is not there is no error. The kernel takes its devices down a moment later, once
// no socket or process holds it.
func Delete(name string) error {
	if name == "" {
		return nil
	}
	if err := unix.Unmount(Path(name), unix.MNT_DETACH); err != nil &&
		!errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("unmount namespace %q: %w", name, err)
	}
	if err := os.Remove(Path(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove namespace %q: %w", name, err)
	}
	return nil
}

// List is the names of all namespaces, sorted.
func List() ([]string, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	sort.Strings(names)
	return names, nil
}
