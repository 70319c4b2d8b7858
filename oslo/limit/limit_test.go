package limit_test

import (
	"math"
	"sync"
	"testing"
	"testing/fstest"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/limit"
)

func TestCheckNamesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		request limit.Request
		fits    bool
	}{
		{limit.Request{Limit: 10, Used: 9, Delta: 1}, true},
		{limit.Request{Limit: 10, Used: 10, Delta: 1}, false},
		{limit.Request{Limit: 10, Used: 8, Delta: 3}, false},
		{limit.Request{Limit: 10, Used: 99, Delta: 0}, true},
		{limit.Request{Limit: 10, Used: 99, Delta: -1}, true},
		{limit.Request{Limit: 0, Used: 0, Delta: 1}, false},
		{limit.Request{Limit: limit.Unlimited, Used: 99, Delta: 99}, true},
		{limit.Request{Limit: 10, Used: 1, Delta: math.MaxInt}, false},
	} {
		if over := limit.Check(c.request); (len(over) == 0) != c.fits {
			t.Errorf("%+v: over %v", c.request, over)
		}
	}
}

func say(over []limit.Request) *fault.Fault {
	return fault.New(fault.Quota, "OverQuota", "Quota exceeded for resources: %s.", over[0].Resource)
}

func TestParallelRequestsCannotPassTogether(t *testing.T) {
	t.Parallel()
	const quota, requests = 50, 200
	d := dbtest.Open(t, "test", fstest.MapFS{"00001_things.sql": {Data: []byte("-- +goose Up\nCREATE TABLE things (project_id TEXT);\n")}})
	var all sync.WaitGroup
	results := make(chan error, requests)
	for range requests {
		all.Go(func() {
			results <- d.Tx(t.Context(), func(tx *db.Tx) error {
				used, err := tx.NewSelect().Table("things").Where("project_id = ?", "p").Count(t.Context())
				if err != nil {
					return err
				}
				if err := limit.Admit(t.Context(), say, limit.Request{Resource: "thing", Limit: quota, Used: int(used), Delta: 1}); err != nil {
					return err
				}
				_, err = tx.ExecContext(t.Context(), "INSERT INTO things (project_id) VALUES (?)", "p")
				return err
			})
		})
	}
	all.Wait()
	close(results)
	admitted := 0
	for err := range results {
		if err == nil {
			admitted++
		} else if !fault.Is(err, fault.Quota) {
			t.Error(err)
		}
	}
	if admitted != quota {
		t.Errorf("%d were admitted of a quota of %d", admitted, quota)
	}
}
