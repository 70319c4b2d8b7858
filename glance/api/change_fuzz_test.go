package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzUpdate holds that no patch makes glance fail, that a refused one changes nothing of the image, and that none touches what
// clients must not.
func FuzzUpdate(f *testing.F) {
	for _, patch := range []string{
		`[{"op":"replace","path":"/name","value":"x"},{"op":"remove","path":"/absent"}]`, `[{"op":"add","path":"/a~1b","value":"c"},{"op":"remove","path":"/a~1b"}]`, `[{"op":"replace","path":"/tags","value":["a","a"]}]`,
		`[{"op":"add","path":"/min_disk","value":1e3},{"op":"replace","path":"/min_ram","value":-1}]`, `[{"op":"replace","path":"/visibility","value":"public"}]`, `[{"op":"replace","path":"/status","value":"active"}]`,
		`[{"op":"replace","path":"/owner","value":"rival"}]`, `[{"op":"replace","path":"/disk_format","value":"qcow2"}]`, `[{"op":"add","path":"/os_hidden","value":true},{"op":"add","path":"/protected","value":"x"}]`,
		`[{"op":"add","path":"/locations/-","value":{"url":"file:///etc/passwd","metadata":{}}}]`, `[{"op":"replace","path":"/kernel_id","value":null}]`, `[{"op":"add","path":"/id","value":"x"}]`, `[{"op":"add","path":"/\u0000","value":"\ud800"}]`,
	} {
		f.Add(patch)
	}
	c := anotherCloud(f)
	id := c.create(member, `{"name":"x","disk_format":"raw","container_format":"bare","foo":"bar","visibility":"private"}`)
	ask := func(t *testing.T, method, body string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), method, "/image/v2/images/"+id, strings.NewReader(body))
		r.Header.Set("X-Auth-Token", member)
		r.Header.Set("Content-Type", patchType)
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError {
			t.Errorf("%s %s: %d %s", method, body, w.Code, w.Body)
		}
		return w.Code, w.Body.String()
	}
	f.Fuzz(func(t *testing.T, patch string) {
		_, before := ask(t, http.MethodGet, "")
		status, _ := ask(t, http.MethodPatch, patch)
		_, after := ask(t, http.MethodGet, "")
		if status/100 != 2 && before != after {
			t.Errorf("%s was refused by %d and changed %s to %s", patch, status, before, after)
		}
		for _, kept := range []string{`"owner":"acme"`, `"status":"queued"`, `"id":"` + id + `"`, `"size":null`} {
			if !strings.Contains(after, kept) {
				t.Fatalf("%s: %s is gone from %s", patch, kept, after)
			}
		}
	})
}
