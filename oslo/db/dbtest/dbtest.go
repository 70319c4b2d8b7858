package dbtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"cumulet/oslo/db"
	"cumulet/oslo/fault"
)

// Open opens a new database for the test, at URL, closed when it ends.
func Open(t testing.TB, service string, migrations fs.FS) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), service, URL(t), migrations)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Run holds an engine to the contract; newURL gives the address of an empty database each time.
func Run(t *testing.T, newURL func(t *testing.T) string) {
	suite := map[string]func(*testing.T, *db.DB){
		"CommitsWhatSucceeds":            commits,
		"RollsBackWhatFailsOrPanics":     rollsBack,
		"ParallelWritersLoseNothing":     parallelWriters,
		"NumbersEventsWithoutGaps":       numbersEvents,
		"SignalsAndHooksFollowTheCommit": signals,
		"KeepsTimesAndJSON":              keepsValues,
		"TellsConstraintsApart":          constraints,
		"KeepsWhatIsThere":               keepsRows,
		"ComparesTextByteByByte":         comparesText,
		"KeepsLongTextAndWideNumbers":    keepsWide,
		"ReadersCannotWrite":             readersCannotWrite,
		"HeedsTheContext":                heedsContext,
		"ReadersSeeCommitsAtOnce":        readersSee,
	}
	for name, test := range suite {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, newURL(t)))
		})
	}
	t.Run("IsSharedByProcesses", func(t *testing.T) {
		t.Parallel()
		sharesDatabase(t, newURL(t))
	})
	t.Run("ExcludesOtherProcesses", func(t *testing.T) {
		t.Parallel()
		excludes(t, newURL(t))
	})
	t.Run("ResumesMigrationCutOff", func(t *testing.T) {
		t.Parallel()
		resumes(t, newURL(t))
	})
	t.Run("MigratesOnceAndFurther", func(t *testing.T) {
		t.Parallel()
		migrates(t, newURL(t))
	})
}

// thing is the suite's own noun.
type thing struct {
	bun.BaseModel `bun:"table:things,alias:t"`
	ID            string `bun:",pk"`
	Name          string
	Size          int64
	Count         int64
	Tags          db.JSON[[]string]
	MadeAt        time.Time
	GoneAt        *time.Time
	Parent        *string
}

// Identity makes its events findable.
func (t thing) Identity() (id, projectID string) { return t.ID, "project" }

func files() fstest.MapFS {
	return fstest.MapFS{"00001_things.sql": {Data: []byte(`-- +goose Up
CREATE TABLE things (
    id VARCHAR(36) NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL,
    size BIGINT NOT NULL,
    count INTEGER NOT NULL,
    tags TEXT NOT NULL,
    made_at TIMESTAMP NOT NULL,
    gone_at TIMESTAMP NULL,
    parent VARCHAR(36) NULL REFERENCES things (id)
);
-- +goose Down
DROP TABLE things;
`)}}
}

func open(t *testing.T, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), "test", url, files())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func insert(t *testing.T, d *db.DB, things ...thing) {
	t.Helper()
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		_, err := tx.NewInsert().Model(&things).Exec(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, d bun.IDB, id string) (thing, error) {
	t.Helper()
	var found thing
	err := d.NewSelect().Model(&found).Where("id = ?", id).Scan(t.Context())
	return found, err
}

func commits(t *testing.T, d *db.DB) {
	err := d.Tx(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.NewInsert().Model(&thing{ID: "a", Name: "it's \"q\" ? \\"}).Exec(t.Context()); err != nil {
			return err
		}
		if _, err := find(t, tx, "a"); err != nil {
			t.Errorf("within its transaction: %v", err)
		}
		if _, err := find(t, d, "a"); !db.NoRows(err) {
			t.Errorf("outside before the commit: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := find(t, d, "a"); err != nil || got.Name != "it's \"q\" ? \\" {
		t.Errorf("after the commit %+v, %v", got, err)
	}
}

func rollsBack(t *testing.T, d *db.DB) {
	refused := fault.New(fault.Conflict, "Refused", "No.")
	write := func(end func() error) error {
		return d.Tx(t.Context(), func(tx *db.Tx) error {
			tx.AfterCommit(func() { t.Error("a hook ran without a commit") })
			if _, err := tx.NewInsert().Model(&thing{ID: "a"}).Exec(t.Context()); err != nil {
				return err
			}
			if err := tx.Record(t.Context(), "thing.create", thing{ID: "a"}); err != nil {
				return err
			}
			return end()
		})
	}
	if err := write(func() error { return refused }); !errors.Is(err, refused) {
		t.Errorf("the error came back as %v", err)
	}
	func() {
		defer func() {
			if p := recover(); p != "oh" {
				t.Errorf("recovered %v", p)
			}
		}()
		t.Errorf("a panic came back as %v", write(func() error { panic("oh") }))
	}()
	if _, err := find(t, d, "a"); !db.NoRows(err) {
		t.Errorf("after rolling back: %v", err)
	}
	insert(t, d, thing{ID: "a"}) // the lane is free again
	if events, err := d.Events(t.Context(), 0, 10); err != nil || len(events) != 0 {
		t.Errorf("events %v, %v", events, err)
	}
}

// sharesDatabase has two opened databases, as of two processes, write to one file or server.
func sharesDatabase(t *testing.T, url string) {
	const turns = 50
	databases := []*db.DB{open(t, url), open(t, url)}
	insert(t, databases[0], thing{ID: "sum"})
	var all sync.WaitGroup
	for _, d := range databases {
		all.Go(func() {
			for range turns {
				err := d.Tx(t.Context(), func(tx *db.Tx) error {
					_, err := tx.NewUpdate().Model((*thing)(nil)).Set("size = size + 1").Where("id = ?", "sum").Exec(t.Context())
					return errors.Join(err, tx.Record(t.Context(), "thing.update", thing{ID: "sum"}))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	sum, err := find(t, databases[1], "sum")
	if err != nil || sum.Size != 2*turns {
		t.Errorf("%d of %d updates are there, %v", sum.Size, 2*turns, err)
	}
	if events, err := databases[0].Events(t.Context(), 2*turns-1, 5); err != nil || len(events) != 1 {
		t.Errorf("the last event is %v, %v", events, err)
	}
}

// excludes has two opened databases, as of two processes that start together, make by several transactions what shall be made
// once.
func excludes(t *testing.T, url string) {
	databases := []*db.DB{open(t, url), open(t, url)}
	var all sync.WaitGroup
	for _, d := range databases {
		all.Go(func() {
			err := d.Exclusive(t.Context(), func() error {
				n, err := d.NewSelect().Model((*thing)(nil)).Where("name = ?", "once").Count(t.Context())
				if err != nil || n > 0 {
					return err
				}
				insert(t, d, thing{ID: uuid.NewString(), Name: "once"})
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n, err := databases[0].NewSelect().Model((*thing)(nil)).Count(t.Context()); n != 1 || err != nil {
		t.Errorf("%d were made, %v", n, err)
	}
}

// parallelWriters has 64 goroutines read, add and write back, while others read.
func parallelWriters(t *testing.T, d *db.DB) {
	const writers, turns = 64, 8
	insert(t, d, thing{ID: "sum"})
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for turn := range turns {
				err := d.Tx(t.Context(), func(tx *db.Tx) error {
					sum, err := find(t, tx, "sum")
					if err != nil {
						return err
					}
					sum.Size++
					if _, err := tx.NewUpdate().Model(&sum).Column("size").WherePK().Exec(t.Context()); err != nil {
						return err
					}
					_, err = tx.NewInsert().Model(&thing{ID: fmt.Sprintf("%d-%d", w, turn)}).Exec(t.Context())
					return err
				})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
				if _, err := find(t, d, "sum"); err != nil {
					t.Errorf("reader %d: %v", w, err)
				}
			}
		})
	}
	all.Wait()
	sum, err := find(t, d, "sum")
	if err != nil || sum.Size != writers*turns {
		t.Errorf("%d of %d updates are there, %v", sum.Size, writers*turns, err)
	}
	if n, err := d.NewSelect().Model((*thing)(nil)).Count(t.Context()); err != nil || n != writers*turns+1 {
		t.Errorf("%d of %d rows are there, %v", n, writers*turns+1, err)
	}
}

func heedsContext(t *testing.T, d *db.DB) {
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Tx(t.Context(), func(*db.Tx) error {
		cancel()
		return d.NewSelect().ColumnExpr("1").Scan(ctx, new(int))
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a query under an ended context: %v", err)
	}
	err = d.Tx(ctx, func(*db.Tx) error { t.Error("ran under an ended context"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a transaction under an ended context: %v", err)
	}
	insert(t, d, thing{ID: "still works"})
}

func readersSee(t *testing.T, d *db.DB) {
	for i := range 50 {
		id := fmt.Sprint(i)
		insert(t, d, thing{ID: id})
		if _, err := find(t, d, id); err != nil {
			t.Fatalf("just committed: %v", err)
		}
	}
}

func migrates(t *testing.T, url string) {
	var all sync.WaitGroup
	for range 4 { // processes that start together
		all.Go(func() {
			d, err := db.Open(t.Context(), "test", url, files())
			if err != nil {
				t.Error(err)
				return
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	d := open(t, url)
	insert(t, d, thing{ID: "kept"})
	next := files()
	next["00002_more.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE things ADD COLUMN more VARCHAR(8);\n")}
	further, err := db.Open(t.Context(), "test", url, next)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := further.Close(); err != nil {
			t.Error(err)
		}
	}()
	var more *string
	if err := further.NewSelect().Table("things").Column("more").Where("id = ?", "kept").Scan(t.Context(), &more); err != nil {
		t.Error(err)
	}
}

// resumes has a migration fail half way and be run again, mended: what it made before is no hindrance.
func resumes(t *testing.T, url string) {
	broken := files()
	broken["00002_more.sql"] = &fstest.MapFile{Data: []byte(`-- +goose Up
ALTER TABLE things ADD COLUMN more VARCHAR(8);
CREATE TABLE others (id VARCHAR(36) NOT NULL PRIMARY KEY);
CREATE INDEX others_id ON others (id);
INSERT INTO nowhere (id) VALUES ('a');
`)}
	if _, err := db.Open(t.Context(), "test", url, broken); err == nil {
		t.Fatal("a broken migration was taken")
	}
	mended := files()
	mended["00002_more.sql"] = &fstest.MapFile{Data: bytes.Replace(broken["00002_more.sql"].Data, []byte("nowhere"), []byte("others"), 1)}
	d, err := db.Open(t.Context(), "test", url, mended)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	if n, err := d.NewSelect().Table("others").Count(t.Context()); err != nil || n != 1 {
		t.Errorf("after the mending there are %d rows, %v", n, err)
	}
}
