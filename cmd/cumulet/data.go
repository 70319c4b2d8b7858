package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sys/unix"
)

// defaultData is where data lies unless told otherwise.
const defaultData = "/var/lib/cumulet"

// dataDir is the folder that holds all of a cloud's data; its methods name what lies in it.
type dataDir string

func (d dataDir) path(parts ...string) string {
	return filepath.Join(append([]string{string(d)}, parts...)...)
}
func (d dataDir) log() string                    { return d.path("log", "cumulet.log") }
func (d dataDir) database(service string) string { return d.path("db", service+".db") }
func (d dataDir) clouds() string                 { return d.path("clouds.yaml") }
func (d dataDir) openrc(who string) string       { return d.path("openrc-" + who) }
func (d dataDir) demoKey() string                { return d.path("demo_key") }
func (d dataDir) pidFile() string                { return d.path("cumulet.pid") }
func (d dataDir) readyFile() string              { return d.path("ready.pid") }
func (d dataDir) seedFile() string               { return d.path("seed.yaml") }
func (d dataDir) fakeGuests(host string) string  { return d.path("fake", host) }
func (d dataDir) secretsFile() string            { return d.path("secrets.yaml") }

// prefix begins the name of every namespace of this cloud, so that two on one machine keep apart.
func (d dataDir) prefix() string {
	if d == defaultData {
		return "cumulet"
	}
	sum := sha256.Sum256([]byte(d))
	return "cumulet" + hex.EncodeToString(sum[:3])
}

// create makes the folder, for its owner's eyes only. A folder that was there keeps its mode; what is put into it has its own.
func (d dataDir) create() error {
	for _, sub := range []string{"", "db", "log", "hosts", "images", "staging", "keystone"} {
		if err := os.MkdirAll(d.path(sub), 0o700); err != nil {
			return fmt.Errorf("make the data folder: %w (CUMULET_DATA or --data names another)", err)
		}
	}
	return nil
}

// begun tells whether a cloud, or some of its roles, was ever started here. What cannot be seen may well have been.
func (d dataDir) begun() bool {
	for _, file := range []string{d.pidFile(), d.secretsFile()} {
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

// freeBytes is how much the disk of the folder, made or yet to be made, has left.
func (d dataDir) freeBytes() (int64, error) {
	folder := string(d)
	for {
		var disk unix.Statfs_t
		err := unix.Statfs(folder, &disk)
		if err == nil {
			return int64(disk.Bavail) * disk.Bsize, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || folder == filepath.Dir(folder) {
			return 0, fmt.Errorf("look at the disk of %s: %w", folder, err)
		}
		folder = filepath.Dir(folder)
	}
}

// markReady notes that the process that holds the lock has brought the cloud up; isReady tells whether process pid has.
func (d dataDir) markReady() error {
	return replaceFile(d.readyFile(), []byte(fmt.Sprintln(os.Getpid())))
}

func (d dataDir) isReady(pid int) bool {
	ready, err := readNumber(d.readyFile())
	return err == nil && ready == pid
}

// secrets are made at first start and never shown.
type secrets struct {
	AdminPassword    string            `yaml:"admin_password"`
	DemoPassword     string            `yaml:"demo_password"`
	ServicePasswords map[string]string `yaml:"service_passwords"`
	MetadataSecret   string            `yaml:"metadata_secret"`
}

// readSecrets reads the cloud's secrets, making those that are missing. Processes that start together make them once.
func readSecrets(file string, services []string) (secrets, error) {
	var s secrets
	release, err := holdFolder(filepath.Dir(file))
	if err != nil {
		return s, err
	}
	defer release()
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if err := yaml.Unmarshal(old, &s); err != nil {
		// yaml's own words would quote what stands there
		return s, fmt.Errorf("%s is damaged: bring it back from a copy, or remove it, which gives the accounts new passwords", file)
	}
	for _, place := range []*string{&s.AdminPassword, &s.DemoPassword, &s.MetadataSecret} {
		if *place == "" {
			*place = rand.Text()
		}
	}
	if s.ServicePasswords == nil {
		s.ServicePasswords = map[string]string{}
	}
	for _, name := range services {
		if s.ServicePasswords[name] == "" {
			s.ServicePasswords[name] = rand.Text()
		}
	}
	made, err := yaml.Marshal(s)
	if err != nil || slices.Equal(old, made) {
		return s, err
	}
	return s, replaceFile(file, made)
}

// holdFolder keeps other processes that hold it too from making the same things in a folder at the same time.
func holdFolder(name string) (release func(), err error) {
	folder, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	for {
		err := unix.Flock(int(folder.Fd()), unix.LOCK_EX)
		if err == nil {
			return func() { folder.Close() }, nil
		}
		if !errors.Is(err, unix.EINTR) {
			return nil, errors.Join(err, folder.Close())
		}
	}
}

// unfinished begins the names of files that are being written.
const unfinished = ".new-"

// replaceFile writes a file whole or not at all, readable by its owner only.
func replaceFile(file string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), unfinished+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// sweep removes the files that a process which died was writing. Whoever calls holds the lock.
func (d dataDir) sweep() error {
	entries, err := os.ReadDir(string(d))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), unfinished) {
			if err := os.Remove(d.path(e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove removes what this program put into the data folder, and the folder when nothing else is in it. Whoever calls holds
// the lock; its file goes last, so that what is left when this breaks off can be wiped again.
func (d dataDir) remove() error {
	if err := d.sweep(); err != nil {
		return fmt.Errorf("remove the data: %w", err)
	}
	for _, name := range []string{
		"db", "log", "hosts", "fake", "images", "staging", "keystone", "clouds.yaml", "openrc-admin", "openrc-demo", "demo_key", "demo_key.pub",
		"known_hosts", "known_hosts.old", "secrets.yaml", "seed.yaml", "ready.pid", "cumulet.pid",
	} {
		if err := os.RemoveAll(d.path(name)); err != nil {
			return fmt.Errorf("remove the data: %w", err)
		}
	}
	err := os.Remove(string(d))
	for _, stays := range []error{syscall.ENOTEMPTY, fs.ErrNotExist, syscall.EBUSY, fs.ErrPermission} {
		if errors.Is(err, stays) {
			return nil // the operator's own files, such as cumulet.yaml, stay; so does a folder that is a mount or lies in another's
		}
	}
	return err
}
