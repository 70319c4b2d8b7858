package db

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cumulet/oslo/fault"
)

func TestTransientFailureRunsAgainWithinBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		busy, broken := errors.New("busy"), errors.New("broken")
		transient := func(err error) bool { return errors.Is(err, busy) }
		for _, c := range []struct {
			failures, runs int
			err, want      error
		}{
			{0, 1, busy, nil},
			{3, 4, busy, nil},
			{99, tries, busy, busy},
			{99, 1, broken, broken},
		} {
			runs := 0
			err := again(t.Context(), transient, func() error {
				if runs++; runs <= c.failures {
					return c.err
				}
				return nil
			})
			if !errors.Is(err, c.want) || runs != c.runs {
				t.Errorf("%v times %v: %d runs and %v", c.failures, c.err, runs, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		began := time.Now()
		if err := again(ctx, transient, func() error { return busy }); !errors.Is(err, busy) || time.Since(began) > 10*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

func TestNestedTransactionGivesUp(t *testing.T) {
	t.Parallel()
	d, err := Open(t.Context(), "test", "sqlite://"+filepath.Join(t.TempDir(), "test.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	d.state.patience = time.Millisecond
	err = d.Tx(t.Context(), func(*Tx) error {
		return d.Tx(t.Context(), func(*Tx) error { t.Error("the inner ran"); return nil })
	})
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "nested") {
		t.Errorf("nested: %v", err)
	}
}

func TestSettingThatDidNotTakeIsRefused(t *testing.T) {
	t.Parallel()
	s := &sqlite{path: filepath.Join(t.TempDir(), "test.db")}
	for _, wrong := range []setting{{"synchronous", "7"}, {"foreign_key", "1"}, {"journal_mode", "wall"}} {
		pool, err := s.connect(t.Context(), "immediate", []setting{wrong})
		if err == nil {
			t.Errorf("%v was taken", wrong)
			if err := pool.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
