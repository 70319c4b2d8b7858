package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"
)

// limit is this program in a process of its own, doing by hand the least that an API could do. What it says first on its
// standard output is where it listens.
type limit struct {
	process
	cmd *exec.Cmd
	url string
}

// The limits there are: an empty answer, one of so many bytes ("bytes:1000"), and one after a row was written to SQLite as cumulet writes.
const (
	limitHTTP   = "http"
	limitSQLite = "sqlite"
)

func startLimit(ctx context.Context, kind string) (*limit, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-limit", kind)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	l := &limit{process: process{cmd.Process.Pid}, cmd: cmd}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		return nil, errors.Join(fmt.Errorf("the limit %q did not start", kind), l.stop())
	}
	l.url = lines.Text()
	return l, nil
}

// stop kills it: it keeps nothing.
func (l *limit) stop() error {
	err := l.cmd.Process.Kill()
	_ = l.cmd.Wait() // it was killed
	return err
}

// serveLimit is the other side of startLimit.
func serveLimit(kind string) error {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{}`)) })
	var size int
	if n, err := fmt.Sscanf(kind, "bytes:%d", &size); n == 1 && err == nil {
		body := bytes.Repeat([]byte("x"), size)
		handler = func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(body)
		}
	}
	if kind == limitSQLite {
		folder, err := os.MkdirTemp("", "cumulet-bench-limit-")
		if err != nil {
			return err
		}
		file, err := openLimit(filepath.Join(folder, "limit.db"))
		if err = errors.Join(err, os.RemoveAll(folder)); err != nil { // what is open stays until the process ends
			return err
		}
		handler = func(w http.ResponseWriter, r *http.Request) {
			_, err := file.ExecContext(r.Context(), "INSERT INTO things (name, made_at) VALUES (?, ?)", "thing", time.Now())
			if err != nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
			_, _ = w.Write([]byte(`{}`))
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + l.Addr().String())
	return (&http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}).Serve(l)
}

// openLimit opens a file as cumulet opens its own: WAL, synchronous NORMAL, one writer.
func openLimit(path string) (*sql.DB, error) {
	file, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=journal_mode(wal)&_pragma=synchronous(1)")
	if err != nil {
		return nil, err
	}
	file.SetMaxOpenConns(1)
	_, err = file.Exec("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT, made_at TIMESTAMP)")
	return file, err
}
