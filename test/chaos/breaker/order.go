package breaker

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Boundary is a place at which a process may die.
type Boundary struct {
	Process string `json:"process"`
	// Name is as in "begin bus.call method=build_server to=compute.host", with "beside " before it where it is not the
	// request's own.
	Name string `json:"name"`
	// Nth counts the boundaries of that name that the process met since it was told to look.
	Nth int `json:"nth"`
}

const beside = "beside "

// Beside tells whether the boundary was met beside the request's own work.
func (b Boundary) Beside() bool { return strings.HasPrefix(b.Name, beside) }

// Order is what all processes of a cloud are told to do.
type Order struct {
	Trace string    `json:"trace"` // the request's, as W3C writes it
	List  bool      `json:"list"`  // write down what is met
	Kill  *Boundary `json:"kill"`  // die there, once
	Given time.Time `json:"given"` // tells it from the same order given before
}

// The files in the folder.
const (
	orderFile = "order"
	deadFile  = "killed"
	listFile  = "list-"
)

// Give tells the processes that share the folder what to do from now on, and forgets what they listed before.
func Give(folder string, o Order) error {
	if err := Forget(folder); err != nil {
		return err
	}
	o.Given = time.Now()
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	file := filepath.Join(folder, orderFile)
	if err := os.WriteFile(file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// Forget takes the order back, with what was listed and killed.
func Forget(folder string) error {
	files, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := os.Remove(filepath.Join(folder, f.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Killed tells whether a process has died as it was told.
func Killed(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, deadFile))
	return err == nil
}

// Listed gives the boundaries that were met, each process's in their order.
func Listed(folder string) ([]Boundary, error) {
	files, err := filepath.Glob(filepath.Join(folder, listFile+"*"))
	if err != nil {
		return nil, err
	}
	var all []Boundary
	for _, name := range files {
		found, err := listed(name)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func listed(name string) ([]Boundary, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var found []Boundary
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var b Boundary
		if err := json.Unmarshal(lines.Bytes(), &b); err != nil {
			return nil, err
		}
		found = append(found, b)
	}
	return found, lines.Err()
}
