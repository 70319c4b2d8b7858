package db_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
)

// TestRestartOfTheServerIsNotNoticed stops and starts the server twice while many write and read: every transaction is
// done, each once, and every read is answered.
func TestRestartOfTheServerIsNotNoticed(t *testing.T) {
	t.Parallel()
	for _, e := range dbtest.Engines()[1:] {
		t.Run(e.Name, func(t *testing.T) {
			t.Parallel()
			server := e.NewServer(t)
			d := openAt(t, server.URL(t), sums())
			const writers = 8
			done, stopping := make(chan struct{}, 1<<20), make(chan struct{}) // the load goes on while the server is stopped
			var all sync.WaitGroup
			counts := make([]int, writers)
			for w := range writers {
				all.Go(func() {
					for {
						if err := add(t.Context(), d, fmt.Sprintf("%d-%d", w, counts[w])); err != nil {
							t.Errorf("writer %d: %v", w, err)
							return
						}
						counts[w]++
						if _, err := sum(t.Context(), d); err != nil {
							t.Errorf("reader %d: %v", w, err)
						}
						done <- struct{}{}
						select {
						case <-stopping:
							return
						default:
						}
					}
				})
			}
			for range 2 {
				for range 10 * writers {
					<-done
				}
				server.Stop(t)
				server.Start(t)
			}
			for range 10 * writers {
				<-done
			}
			close(stopping)
			all.Wait()
			total := 0
			for _, n := range counts {
				total += n
			}
			holds(t, d, total)
		})
	}
}

func sums() fstest.MapFS {
	return fstest.MapFS{"00001_sum.sql": {Data: []byte(`-- +goose Up
CREATE TABLE sums (name VARCHAR(8) NOT NULL PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO sums (name, value) VALUES ('sum', 0);
CREATE TABLE parts (name VARCHAR(32) NOT NULL PRIMARY KEY);
`)}}
}

// holds checks that so many calls of add are in the database, each once.
func holds(t *testing.T, d *db.DB, total int) {
	t.Helper()
	parts, err := d.NewSelect().Table("parts").Count(t.Context())
	value, sumErr := sum(t.Context(), d)
	events, eventErr := d.Events(t.Context(), int64(total)-1, 10)
	if err != nil || sumErr != nil || eventErr != nil || int(parts) != total || value != total || len(events) != 1 {
		t.Errorf("of %d transactions there are %d parts, the sum %d and after the last but one the events %v; %v %v %v",
			total, parts, value, events, err, sumErr, eventErr)
	}
}

// add reads the sum and writes it back one greater.
func add(ctx context.Context, d *db.DB, part string) error {
	return d.Tx(ctx, func(tx *db.Tx) error {
		var value int
		if err := tx.NewSelect().Table("sums").Column("value").Where("name = 'sum'").Scan(ctx, &value); err != nil {
			return fmt.Errorf("read the sum: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "UPDATE sums SET value = ? WHERE name = 'sum'", value+1); err != nil {
			return fmt.Errorf("write the sum: %w", err)
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO parts (name) VALUES (?)", part); err != nil {
			return fmt.Errorf("write part %s: %w", part, err)
		}
		return tx.Record(ctx, "sum.update", part)
	})
}

func sum(ctx context.Context, d *db.DB) (value int, err error) {
	err = d.NewSelect().Table("sums").Column("value").Where("name = 'sum'").Scan(ctx, &value)
	return value, err
}
