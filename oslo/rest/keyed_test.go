package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/fault"
	"cumulet/oslo/idempotency/keeper"
	"cumulet/oslo/policy"
)

type made struct {
	ID       string `json:"id"`
	Password string `json:"password"`
}

func (m made) Identity() (id, projectID string) { return m.ID, "" }

// maker is an API whose POST makes things in a database. The thing's name says how it goes wrong.
type maker struct {
	*httptest.Server
	db     *db.DB
	keeper *keeper.Keeper
	ran    atomic.Int64
}

func newMaker(t *testing.T, e dbtest.Engine) *maker {
	t.Helper()
	d, err := db.Open(t.Context(), "test", e.URL(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	enforcer, err := policy.New([]policy.Rule{{Name: "any", Check: ""}})
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{db: d, keeper: &keeper.Keeper{DB: d}}
	api := &API{
		Service: "things", Policy: enforcer, Log: slog.New(slog.DiscardHandler), Keeper: m.keeper,
		Auth: tokens{
			"p": {UserID: "u", ProjectID: "p"}, "q": {UserID: "u", ProjectID: "q"}, "v": {UserID: "v", ProjectID: "p"},
		},
		Versions: &Versions{Service: "things", Min: V(1, 0), Max: V(1, 9)},
		Routes: []Route{
			{Do: "POST /things", Rule: "any", Status: 202, In: Body(MustSchema(`{"required": ["name"]}`)), Run: JSON(m.make)},
			{Do: "POST /others", Rule: "any", Status: 202, Run: JSON(m.make)},
			{Do: "PUT /things", Rule: "any", Status: 202, Run: JSON(m.make)},
			{Do: "POST /secrets", Rule: "any", Status: 202, Unkept: true, Run: JSON(m.make)},
			{Do: "DELETE /things", Rule: "any", Status: 204, Run: Do(func(_ context.Context, c *Call) error { return c.Authorize(nil) })},
		},
		Dialect: Dialect{Body: func(_ *Call, status int, f *fault.Fault) any {
			return map[string]any{"name": f.Name, "text": f.Text, "status": status}
		}},
	}
	h, err := api.Handler()
	if err != nil {
		t.Fatal(err)
	}
	m.Server = httptest.NewServer(h)
	t.Cleanup(m.Close)
	return m
}

func (m *maker) make(ctx context.Context, c *Call, in thing) (out made, err error) {
	out = made{ID: fmt.Sprint("thing-", m.ran.Add(1)), Password: "lobster"}
	if err := c.Authorize(nil); err != nil {
		return out, err
	}
	switch in.Name {
	case "refused":
		return out, fault.New(fault.NotFound, "NoSuchImage", "There is no such image: try %s.", out.ID)
	case "broken":
		return out, errors.New("broken")
	case "panic":
		panic("panic")
	}
	err = m.db.Tx(ctx, func(tx *db.Tx) error { return tx.Record(ctx, "thing.create", out) })
	if in.Name == "half" {
		err = errors.New("broken")
	}
	c.Header().Set("Location", "/things/"+out.ID)
	return out, err
}

func (m *maker) count(t *testing.T) int {
	t.Helper()
	events, err := m.db.Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(events)
}

func TestSameKeyGetsTheFirstAnswer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		m := newMaker(t, e)
		post := func(path, token, body string, headers ...string) (*http.Response, string) {
			return ask(t, m.Server, "POST", path, token, body, headers...)
		}
		first, text := post("/things", "p", `{"name": "a"}`, "Idempotency-Key", "k")
		if first.StatusCode != 202 || first.Header.Get("Idempotency-Replayed") != "" {
			t.Fatal(first.Status, text)
		}
		again, same := post("/things", "p", `{"name": "a"}`, "Idempotency-Key", "k")
		if again.StatusCode != 202 || same != text || again.Header.Get("Idempotency-Replayed") != "true" || m.count(t) != 1 {
			t.Errorf("again: %s %s, %d made", again.Status, same, m.count(t))
		}
		for _, name := range []string{"Location", "Content-Type", "Content-Length", "Vary", "Openstack-Api-Version"} {
			if a, b := fmt.Sprint(first.Header[name]), fmt.Sprint(again.Header[name]); a != b {
				t.Errorf("%s: %s, and again %s", name, a, b)
			}
		}
		if id := "X-Openstack-Request-Id"; first.Header.Get(id) == again.Header.Get(id) {
			t.Error("two requests have one id")
		}
		for _, c := range []struct {
			claim, path, token, body string
			headers                  []string
			status, made             int
		}{
			{"another body", "/things", "p", `{"name": "b"}`, nil, 422, 0},
			{"another query", "/things?x=1", "p", `{"name": "a"}`, nil, 422, 0},
			{"another microversion", "/things", "p", `{"name": "a"}`, []string{"OpenStack-API-Version", "things 1.2"}, 422, 0},
			{"another project", "/things", "q", `{"name": "a"}`, nil, 202, 1},
			{"another user", "/things", "v", `{"name": "a"}`, nil, 202, 1},
			{"another path", "/others", "p", `{"name": "a"}`, nil, 202, 1},
			{"a body that is refused before", "/things", "p", `{}`, nil, 400, 0},
			{"a stranger", "/things", "x", `{"name": "a"}`, nil, 401, 0},
		} {
			before := m.count(t)
			res, text := post(c.path, c.token, c.body, append(c.headers, "Idempotency-Key", "k")...)
			if res.StatusCode != c.status || m.count(t) != before+c.made {
				t.Errorf("%s: %s %s, %d made; want %d, %d", c.claim, res.Status, text, m.count(t)-before, c.status, c.made)
			}
		}
	})
}

func TestKeysAreHeededWhereAnswersAreKept(t *testing.T) {
	m := newMaker(t, dbtest.Engine{Name: "sqlite"})
	for _, c := range []struct {
		claim, method, path, key string
		status                   int
	}{
		{"the longest key", "POST", "/things", strings.Repeat("k", 255), 202},
		{"one longer", "POST", "/things", strings.Repeat("k", 256), 400},
		{"none in it", "POST", "/things", "", 400},
		{"a space", "POST", "/things", "a b", 400},
		{"no ASCII", "POST", "/things", "schlüssel", 400},
		{"what is no POST", "PUT", "/things", "a b", 202},
		{"what answers a secret", "POST", "/secrets", "a b", 202},
	} {
		if res, text := ask(t, m.Server, c.method, c.path, "p", `{"name": "a"}`, "Idempotency-Key", c.key); res.StatusCode != c.status {
			t.Errorf("%s: %s %s", c.claim, res.Status, text)
		}
	}
	before := m.count(t)
	for range 2 {
		ask(t, m.Server, "POST", "/secrets", "p", `{"name": "a"}`, "Idempotency-Key", "k")
	}
	if n := m.count(t) - before; n != 2 {
		t.Errorf("an answer with a secret was kept: %d made", n)
	}
}

func TestRefusalsAreKeptAndFailuresAreNot(t *testing.T) {
	m := newMaker(t, dbtest.Engine{Name: "sqlite"})
	twice := func(name string) (a, b string, res *http.Response) {
		_, a = ask(t, m.Server, "POST", "/things", "p", `{"name": "`+name+`"}`, "Idempotency-Key", name)
		res, b = ask(t, m.Server, "POST", "/things", "p", `{"name": "`+name+`"}`, "Idempotency-Key", name)
		return a, b, res
	}
	if a, b, res := twice("refused"); a != b || res.StatusCode != 404 || res.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("a refusal: %s, and again %s %s", a, res.Status, b)
	}
	for _, name := range []string{"broken", "panic"} {
		ran := m.ran.Load()
		if _, b, res := twice(name); res.StatusCode != 500 || m.ran.Load() != ran+2 {
			t.Errorf("%s is not done again: %s %s", name, res.Status, b)
		}
	}
	ran := m.ran.Load()
	if _, b, res := twice("half"); res.StatusCode != 409 || !strings.Contains(b, fmt.Sprint("thing-", ran+1)) || m.ran.Load() != ran+1 {
		t.Errorf("what was done by half: %s %s", res.Status, b)
	}
}

func TestFiftyAtOnceMakeOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, e dbtest.Engine) {
		t.Parallel()
		m := newMaker(t, e)
		answers := make([]string, 50)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				res, text := ask(t, m.Server, "POST", "/things", "p", `{"name": "a"}`, "Idempotency-Key", "k")
				answers[i] = res.Status + " " + text
			})
		}
		all.Wait()
		for _, a := range answers {
			if a != answers[0] || !strings.HasPrefix(a, "202 ") {
				t.Errorf("one hears %s, another %s", answers[0], a)
			}
		}
		if m.ran.Load() != 1 || m.count(t) != 1 {
			t.Errorf("ran %d times, made %d", m.ran.Load(), m.count(t))
		}
	})
}

func TestSecondOfTwoIsToldToComeAgain(t *testing.T) {
	m := newMaker(t, dbtest.Engine{Name: "sqlite"})
	m.keeper.Patience = time.Millisecond
	ask(t, m.Server, "POST", "/things", "p", `{"name": "a"}`, "Idempotency-Key", "k")
	err := m.db.Tx(t.Context(), func(tx *db.Tx) error { // as if it were still being worked on
		_, err := tx.ExecContext(t.Context(), "UPDATE keyed_requests SET answer = '', lease_until = '2999-01-01 00:00:00'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	res, text := ask(t, m.Server, "POST", "/things", "p", `{"name": "a"}`, "Idempotency-Key", "k")
	if res.StatusCode != 409 || res.Header.Get("Retry-After") == "" {
		t.Errorf("%s %s", res.Status, text)
	}
}

// TestDatabaseHoldsNoSecret: neither the key nor the answer can be read from it.
func TestDatabaseHoldsNoSecret(t *testing.T) {
	m := newMaker(t, dbtest.Engine{Name: "sqlite"})
	ask(t, m.Server, "POST", "/things", "p", `{"name": "a"}`, "Idempotency-Key", "crayfish")
	var rows []map[string]any
	if err := m.db.NewSelect().Table("keyed_requests").Scan(t.Context(), &rows); err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for column, value := range rows[0] {
		if s := fmt.Sprint(value); strings.Contains(s, "lobster") || strings.Contains(s, "crayfish") {
			t.Errorf("%s holds %s", column, s)
		}
	}
}
