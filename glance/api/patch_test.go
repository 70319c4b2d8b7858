package api

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"cumulet/oslo/fault"
	"cumulet/oslo/rest"
)

// FuzzPatch holds that no patch makes the reader panic, that it refuses with faults only, and that what passes names
// one thing that clients may change.
func FuzzPatch(f *testing.F) {
	for _, seed := range []string{
		`[{"op":"replace","path":"/name","value":"x"}]`, `[{"op":"add","path":"/a~1b~0","value":"c"}]`, `[{"op":"remove","path":"/locations/0"}]`,
		`[{"replace":"/name","value":"x"}]`, `[{"add":"/tags","value":["a"]}]`, `[{"op":"add","path":"/locations/-","value":{"url":"x","metadata":{}}}]`,
		`[[]]`, `[{"op":null,"path":null}]`, `{}`, `[{"op":"replace","path":"/min_disk","value":1e999}]`,
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	a := &API{}
	var err error
	if a.schemas, err = loadSchemas(); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string, old bool) {
		q := httptest.NewRequest(http.MethodPatch, "/v2/images/x", nil)
		q.Header.Set("Content-Type", patchV21)
		if old {
			q.Header.Set("Content-Type", patchV20)
		}
		changes, err := a.readPatch(&rest.Call{Request: q, Raw: []byte(body)})
		if err != nil {
			if fault.Of(err) == nil {
				t.Errorf("no fault: %v", err)
			}
			return
		}
		for _, c := range changes {
			if c.Name == "" || reserved(c.Name) || c.Name == "status" || strings.TrimSpace(c.Name) != c.Name {
				t.Errorf("%q passes", c.Name)
			}
		}
	})
}
