package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"cumulet/oslo/telemetry"
	"cumulet/oslo/telemetry/collect"
)

// tracedCloud answers as a cloud where one request is under way for the first times it is asked for.
func tracedCloud(t *testing.T, id string, underWay int) dataDir {
	t.Helper()
	answered := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/identity/v3/auth/tokens":
			w.Header().Set("X-Subject-Token", "t")
			answer(w, http.StatusCreated, map[string]any{"token": map[string]any{"expires_at": time.Now().Add(time.Hour), "catalog": []any{}}})
		case r.Header.Get("X-Auth-Token") != "t":
			answer(w, http.StatusUnauthorized, map[string]any{})
		case r.URL.Path == tracePrefix+"/"+id:
			answered++
			answer(w, http.StatusOK, map[string]any{"trace": collect.Trace{RequestID: id, Ended: answered > underWay, Processes: 2, Spans: []telemetry.Span{
				{ID: "a", Name: "nova POST /servers", Attributes: map[string]string{"path": "/compute/v2.1/servers", "status": "202"}},
			}}})
		default:
			answer(w, http.StatusNotFound, map[string]any{"error": map[string]any{"message": "Nothing is known of it."}})
		}
	}))
	t.Cleanup(server.Close)
	d := dataDir(t.TempDir())
	admin := account{Username: "admin", Password: "p", Project: "admin", AuthURL: server.URL + "/identity/v3", Region: "R"}
	if err := d.writeAccounts(admin, nil); err != nil {
		t.Fatal(err)
	}
	return d
}

const traced = "req-11111111-2222-4333-8444-555555555555"

func TestTraceIsAskedAsTheAdministrator(t *testing.T) {
	t.Parallel()
	from, err := operatorTraces(t.Context(), tracedCloud(t, traced, 0))
	if err != nil {
		t.Fatal(err)
	}
	found, err := from.trace(t.Context(), traced)
	if err != nil {
		t.Fatal(err)
	}
	var text, structured bytes.Buffer
	if err := (traceCommand{}).print(&text, found, 0); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); !strings.HasPrefix(got, traced+"  ended  1 spans of 2 processes\n") || !strings.Contains(got, "nova POST /compute/v2.1/servers → 202") {
		t.Errorf("printed %s", got)
	}
	if err := (traceCommand{JSON: true}).print(&structured, found, 0); err != nil {
		t.Fatal(err)
	}
	var back collect.Trace
	if err := json.Unmarshal(structured.Bytes(), &back); err != nil || len(back.Spans) != 1 {
		t.Errorf("printed %s", structured.String())
	}
	_, err = from.trace(t.Context(), "req-00000000-0000-4000-8000-000000000000")
	if err == nil || err.Error() != "Nothing is known of it." {
		t.Errorf("of another it says %v", err)
	}
}

func TestFollowGoesOnUntilTheRequestHasEnded(t *testing.T) {
	t.Parallel()
	from, err := operatorTraces(t.Context(), tracedCloud(t, traced, 2))
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	pace := follower{every: time.Millisecond, quiet: 3 * time.Millisecond}
	if err := (traceCommand{Request: traced}).follow(t.Context(), from, out, pace); err != nil {
		t.Fatal(err)
	}
	printed, err := os.ReadFile(out.Name())
	if err != nil || strings.Count(string(printed), traced+"  ended") != 1 || strings.Contains(string(printed), "under way") {
		t.Errorf("printed %s, %v", printed, err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (traceCommand{Request: "req-1"}).Run(gone, &commands{}); err == nil {
		t.Error("what is no request id is asked for")
	}
}
