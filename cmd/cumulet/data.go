package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"
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
func (d dataDir) host(name string) string        { return d.path("hosts", name) }

// prefix begins the name of every namespace of this cloud, so that two on one machine keep apart.
func (d dataDir) prefix() string {
	if d == defaultData {
		return "cumulet"
	}
	sum := sha256.Sum256([]byte(d))
	return "cumulet" + hex.EncodeToString(sum[:3])
}

// create makes the folder, for root's eyes only.
func (d dataDir) create() error {
	for _, sub := range []string{"", "db", "log", "hosts"} {
		if err := os.MkdirAll(d.path(sub), 0o700); err != nil {
			return fmt.Errorf("make the data folder: %w", err)
		}
	}
	return nil
}

// lock is held by the one process that works on a data folder. The kernel lets go of it when the process dies, however it
// dies, so a stale one does not exist.
type lock struct{ file *os.File }

// errRunning says that another process holds the lock.
var errRunning = errors.New("cumulet is already running on this data")

// lock takes the lock and writes the process's number beside it.
func (d dataDir) lock() (*lock, error) {
	f, err := os.OpenFile(d.path("cumulet.pid"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, errRunning
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		f.Close()
		return nil, err
	}
	return &lock{f}, nil
}

func writeAt(f *os.File, text string) error {
	_, err := f.WriteAt([]byte(text), 0)
	return err
}

func (l *lock) release() { _ = l.file.Close() } // closing lets go; nothing else can fail that matters

// running is the number of the process that holds the lock, 0 when none does.
func (d dataDir) running() int {
	f, err := os.Open(d.path("cumulet.pid"))
	if err != nil {
		return 0
	}
	defer f.Close()
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		return 0 // nobody held it; closing gives it back
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return pid
}

// secrets are made at first start and never shown.
type secrets struct {
	AdminPassword    string            `yaml:"admin_password"`
	DemoPassword     string            `yaml:"demo_password"`
	ServicePasswords map[string]string `yaml:"service_passwords"`
	MetadataSecret   string            `yaml:"metadata_secret"`
}

// secrets reads the cloud's secrets, making those that are missing.
func (d dataDir) secrets(services []string) (secrets, error) {
	file := d.path("secrets.yaml")
	var s secrets
	b, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, err
	}
	if err := yaml.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
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
	out, err := yaml.Marshal(s)
	if err != nil {
		return s, err
	}
	return s, replaceFile(file, out)
}

// replaceFile writes a file whole or not at all, readable by its owner only.
func replaceFile(file string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*")
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

// waitUnlocked waits until nobody holds the lock. The wait is the kernel's; a wait given up leaves a goroutine that ends with
// the process.
func (d dataDir) waitUnlocked(ctx context.Context) error {
	f, err := os.Open(d.path("cumulet.pid"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer f.Close()
		done <- syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// removeData removes what this program put into the data folder, and the folder when nothing else is in it.
func removeData(d dataDir) error {
	if _, err := os.Stat(d.path("cumulet.pid")); errors.Is(err, fs.ErrNotExist) {
		return nil // never started here: nothing of ours
	}
	for _, name := range []string{
		"db", "log", "hosts", "images", "keystone", "clouds.yaml", "openrc-admin", "openrc-demo", "demo_key", "demo_key.pub",
		"known_hosts", "secrets.yaml", "seed.yaml", "cumulet.pid",
	} {
		if err := os.RemoveAll(d.path(name)); err != nil {
			return fmt.Errorf("remove the data: %w", err)
		}
	}
	err := os.Remove(string(d))
	if errors.Is(err, syscall.ENOTEMPTY) || errors.Is(err, fs.ErrNotExist) {
		return nil // the operator's own files, such as cumulet.yaml, stay
	}
	return err
}
