package breaker

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"cumulet/oslo/telemetry"
)

// Breaker is in a process that may be killed.
type Breaker struct {
	Folder  string // shared with the harness
	Process string // its name among the cloud's processes
	// Die ends the process and does not return; SIGKILL to itself when nil.
	Die func()

	mu    sync.Mutex
	text  []byte // the order as it was read last
	order Order
	met   map[string]int
	list  *os.File
}

// Observer sees the process's spans.
func (b *Breaker) Observer() *telemetry.Observer {
	return &telemetry.Observer{
		Began: func(ctx context.Context, name string, attrs []slog.Attr) { b.meet(ctx, "begin", name, attrs) },
		Ended: func(ctx context.Context, name string, attrs []slog.Attr, _ error) { b.meet(ctx, "end", name, attrs) },
	}
}

// meet comes at each boundary. While the process dies nothing else of it goes on.
func (b *Breaker) meet(ctx context.Context, edge, span string, attrs []slog.Attr) {
	text, err := os.ReadFile(filepath.Join(b.Folder, orderFile))
	if err != nil { // nothing is asked
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.obey(text); err != nil {
		panic(fmt.Sprintf("breaker: %v", err)) // a broken harness, in a test
	}
	name := named(edge, span, attrs)
	if !strings.Contains(telemetry.Traceparent(ctx), "-"+b.order.Trace+"-") {
		name = beside + name
	}
	b.met[name]++
	here := Boundary{Process: b.Process, Name: name, Nth: b.met[name]}
	if b.order.List {
		line, err := json.Marshal(here)
		if err == nil {
			_, err = b.list.Write(append(line, '\n'))
		}
		if err != nil {
			panic(fmt.Sprintf("breaker: %v", err))
		}
	}
	if b.order.Kill != nil && *b.order.Kill == here {
		b.die()
	}
}

// obey reads an order that is new.
func (b *Breaker) obey(text []byte) (err error) {
	if bytes.Equal(text, b.text) {
		return nil
	}
	var o Order
	if err := json.Unmarshal(text, &o); err != nil {
		return err
	}
	b.text, b.order, b.met = text, o, map[string]int{}
	if b.list != nil {
		b.list.Close()
	}
	if o.List {
		name := fmt.Sprintf("%s%s-%d", listFile, b.Process, os.Getpid())
		b.list, err = os.OpenFile(filepath.Join(b.Folder, name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	}
	return err
}

// die obeys the order to die, unless another process has.
func (b *Breaker) die() {
	if os.Rename(filepath.Join(b.Folder, orderFile), filepath.Join(b.Folder, deadFile)) != nil {
		return
	}
	if b.Die != nil {
		b.Die()
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // it comes in a moment
}

// id is what differs each time.
var id = regexp.MustCompile(`[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|0x[0-9a-f]+|\d[\d.]*[nµm]?s\b|\d{3,}`)

// named is a boundary's name: the attributes sorted, ids and counts left out.
func named(edge, span string, attrs []slog.Attr) string {
	words := make([]string, 0, len(attrs)+2)
	for _, a := range attrs {
		value := id.ReplaceAllString(a.Value.Resolve().String(), "*")
		if value != "" && value != "*" && a.Value.Kind() != slog.KindInt64 {
			words = append(words, a.Key+"="+value)
		}
	}
	slices.Sort(words)
	return strings.Join(append([]string{edge, id.ReplaceAllString(span, "*")}, words...), " ")
}
