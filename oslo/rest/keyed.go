package rest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"

	"cumulet/oslo/fault"
	"cumulet/oslo/idempotency"
	"cumulet/oslo/policy"
)

// Keeper keeps what became of requests with an Idempotency-Key; oslo/idempotency/keeper is one, over the bus goes another.
type Keeper interface {
	// Begin takes a request up: the context is what to do it under, and End must follow. Where it was answered before, it
	// gives that answer instead. It waits, with bounds, for one that is being worked on.
	Begin(ctx context.Context, r idempotency.Request) (context.Context, []byte, error)
	// End keeps the answer; nil is none to keep.
	End(ctx context.Context, answer []byte) error
}

const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotency-Replayed"
	// maxKey bounds a key, in bytes.
	maxKey = 255
	// comeAgain is when to ask again for an answer that is being made, in seconds.
	comeAgain = "5"
)

// keyed is a call that was taken up under a key.
type keyed struct {
	ctx context.Context // what Keeper.Begin gave
	key string
	id  string
}

// key gives the call's key, "" where it has none or the route keeps no answers.
func (a *API) key(c *Call) (string, error) {
	given := c.Request.Header.Values(keyHeader)
	switch {
	case a.Keeper == nil || len(given) == 0 || c.Request.Method != http.MethodPost:
		return "", nil
	case c.Route.Unkept || c.Route.MaxBody < 0 || c.Who.UserID == "":
		return "", nil
	}
	key := given[0]
	visible := strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
	if len(given) > 1 || key == "" || len(key) > maxKey || !visible {
		return "", fault.New(fault.Invalid, "IdempotencyKeyInvalid",
			"An Idempotency-Key is one header of 1 to %d visible ASCII characters.", maxKey)
	}
	return key, nil
}

// once has the handler run once for all calls with one key, and gives the others its answer.
func (a *API) once(ctx context.Context, c *Call, key string) (any, error) {
	r := identify(c, key)
	held, answer, err := a.Keeper.Begin(ctx, r)
	if f := fault.Of(err); f != nil && f.Name == idempotency.InUse {
		c.header.Set("Retry-After", comeAgain)
	}
	if err != nil {
		return nil, err
	}
	if answer != nil {
		return unseal(answer, key, r.ID)
	}
	c.keyed = &keyed{ctx: held, key: key, id: r.ID}
	return a.handle(held, c)
}

// identify makes the digests of a request: who asks where by which key, and what.
func identify(c *Call, key string) idempotency.Request {
	digest := func(parts ...any) string {
		b, err := json.Marshal(parts)
		if err != nil { // texts are always JSON
			panic(err)
		}
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:])
	}
	who := callerOf(c.Who)
	body := sha256.Sum256(c.Raw)
	return idempotency.Request{
		ID:     digest(who, c.Request.Method, c.Request.URL.EscapedPath(), key),
		Caller: digest(who),
		Print:  digest(c.Version.String(), c.Request.URL.RawQuery, body[:]),
	}
}

// callerOf is what keeps callers apart: the same user may answer for several projects.
func callerOf(w policy.Who) []string {
	return []string{w.UserID, w.ProjectID, w.DomainID, w.SystemScope, w.TrustID}
}

// past is an answer as it was given before.
type past struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
}

// own are the headers that belong to one request and not to its answer.
func own() []string { return []string{"X-Openstack-Request-Id", "X-Compute-Request-Id", "Date"} }

// answerKeyed writes the answer of a call with a key, once it is kept: who has heard it may rely on that.
func (a *API) answerKeyed(ctx context.Context, w http.ResponseWriter, c *Call, out any, err error) int {
	if _, streams := out.(*Stream); streams && err == nil { // such are not kept: they may be of any length
		a.end(ctx, c, nil)
		return a.answer(ctx, w, c, out, err)
	}
	made := &recorder{header: c.header}
	status := a.answer(ctx, made, c, out, err)
	answer := past{Status: status, Header: c.header.Clone(), Body: made.body.Bytes()}
	for _, name := range own() {
		answer.Header.Del(name)
	}
	var sealed []byte
	if status < http.StatusInternalServerError { // else something failed here, and the caller may ask again
		sealed = seal(answer, c.keyed.key, c.keyed.id)
	}
	a.end(ctx, c, sealed)
	w.WriteHeader(status)
	_, _ = w.Write(made.body.Bytes()) // the caller may be gone
	return status
}

// end tells the keeper what became of a call. Whether the caller still listens does not matter: the answer is to be known.
func (a *API) end(ctx context.Context, c *Call, answer []byte) {
	if err := a.Keeper.End(context.WithoutCancel(c.keyed.ctx), answer); err != nil {
		a.Log.WarnContext(ctx, "an answer is not kept for its key", "route", c.pattern(), "error", err)
	}
}

// repeat writes an answer as it was given before.
func (a *API) repeat(w http.ResponseWriter, c *Call, p past) int {
	for name, values := range p.Header {
		c.header[name] = values
	}
	c.header.Set(replayedHeader, "true")
	w.WriteHeader(p.Status)
	_, _ = w.Write(p.Body)
	return p.Status
}

// recorder takes an answer before it is sent.
type recorder struct {
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(int)             {}
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
