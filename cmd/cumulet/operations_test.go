package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"cumulet/nova"
	novadb "cumulet/nova/db"
	"cumulet/oslo/db"
	"cumulet/oslo/flow"
)

// operated is a cloud's data with nova's database, in which operations can be put as they may be found.
func operated(t *testing.T) (*commands, *novadb.DB) {
	t.Helper()
	data := newData(t)
	p := &process{data: data, config: defaultConfig()}
	d, err := novadb.Open(t.Context(), p.database("nova"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return &commands{Data: string(data)}, d
}

// put starts an operation and brings it to a state: set is SQL.
func put(t *testing.T, d *novadb.DB, name, resource, set string, args ...any) (id string) {
	t.Helper()
	err := d.DB.Tx(t.Context(), func(tx *db.Tx) (err error) {
		if id, err = flow.Start(t.Context(), tx, name, resource, nil); err != nil || set == "" {
			return err
		}
		_, err = tx.ExecContext(t.Context(), "UPDATE operations SET "+set+" WHERE id = ?", append(args, id)...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestOperationsTellHowFarAndWhy(t *testing.T) {
	t.Parallel()
	c, d := operated(t)
	soon := time.Now().Add(time.Hour).UTC()
	held := put(t, d, nova.CreateFlow, "server-1", "step = 'build', owner = 'host-1:4711:1:2:3', lease_until = ?", soon)
	behind := put(t, d, nova.DeleteFlow, "server-1", "")
	paused := put(t, d, nova.PowerFlow, "server-2", `step = 'change', tries = 2, due_at = ?, error = '{"text": "no answer"}'`, soon)
	turned := put(t, d, nova.CreateFlow, "server-3", "step = 'ports', status = 'undoing'")
	ended := put(t, d, nova.CreateFlow, "server-4", "step = 'activate', status = 'done', ended_at = ?", time.Now().UTC())
	strange := put(t, d, "server.unknown", "server-5", "step = 'some'")

	list := func(last int) (text string) {
		err := withLedgers(t.Context(), c, func(all ledgers) error {
			found, err := all.read(t.Context(), last)
			if err != nil {
				return err
			}
			var out bytes.Buffer
			err = writeOperations(&out, found, time.Now())
			text = out.String()
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	text := list(0)
	line := func(id string) string {
		for l := range strings.Lines(text) {
			if strings.HasPrefix(l, id) {
				return l
			}
		}
		return ""
	}
	for id, words := range map[string][]string{
		held:    {"nova", nova.CreateFlow, "server-1", "running", "3/5 build", "host-1:4711 works on it"},
		behind:  {nova.DeleteFlow, "not begun", "for " + held},
		paused:  {"1/2 change", "2", "until", "to try again", "no answer"},
		turned:  {"undoing", "2/5 ports", "for somebody to take it up"},
		strange: {"server.unknown", "some"},
	} {
		for _, w := range words {
			if !strings.Contains(line(id), w) {
				t.Errorf("%q lacks %q", line(id), w)
			}
		}
	}
	if line(ended) != "" {
		t.Error("what has ended is listed")
	}
	if text = list(1); !strings.Contains(line(ended), "done") {
		t.Error("what has ended is not listed with --all")
	}
	err := withLedgers(t.Context(), c, func(all ledgers) error {
		o, err := all.find(t.Context(), turned[:30])
		if err != nil {
			return err
		}
		var out bytes.Buffer
		if err := o.write(&out, time.Now()); err != nil {
			return err
		}
		for _, want := range []string{"schedule  done, to be undone", "ports     being undone", "build     undone"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("lacks %q:\n%s", want, out.String())
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOperationsAreRetriedAndCancelled(t *testing.T) {
	t.Parallel()
	c, d := operated(t)
	id := put(t, d, nova.PowerFlow, "server-1", "step = 'change', tries = 2, due_at = ?", time.Now().Add(time.Hour).UTC())
	if err := (operationsRetry{ID: id}).Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if o, err := flow.Get(t.Context(), d.DB, id); err != nil || o.Due != nil {
		t.Errorf("it pauses on: %+v, %v", o, err)
	}
	if err := (operationsCancel{ID: id}).Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if o, err := flow.Get(t.Context(), d.DB, id); err != nil || !o.Cancelled {
		t.Errorf("it is not cancelled: %+v, %v", o, err)
	}
}

func TestOperationsSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	c, d := operated(t)
	done := put(t, d, nova.PowerFlow, "server-1", "status = 'done', ended_at = ?", time.Now().UTC())
	for claim, try := range map[string]struct {
		run  func() error
		want string
	}{
		"one that is not there": {func() error { return operationsShow{ID: "nonsense"}.Run(t.Context(), c) }, "there is no operation nonsense"},
		"one that has ended":    {func() error { return operationsCancel{ID: done}.Run(t.Context(), c) }, "has ended: done"},
		"to retry such":         {func() error { return operationsRetry{ID: done}.Run(t.Context(), c) }, "has ended: done"},
		"no cloud": {func() error {
			return operationsList{}.Run(t.Context(), &commands{Data: t.TempDir()})
		}, "there is no database"},
	} {
		if err := try.run(); err == nil || !strings.Contains(err.Error(), try.want) {
			t.Errorf("%s: %v", claim, err)
		}
	}
	p := &process{data: dataDir(c.Data), config: defaultConfig()}
	if _, err := os.Stat(strings.TrimPrefix(p.database("neutron"), "sqlite://")); err == nil {
		t.Error("looking made a database")
	}
}
