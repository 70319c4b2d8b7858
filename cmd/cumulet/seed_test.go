package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
)

func TestRefusalsAreToldInWords(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"itemNotFound": {"code": 404, "message": "Image x could not be found."}}`:         "GET http://a/x is answered with 404: Image x could not be found.",
		`{"code": "404 Not Found", "message": "It is full.<br /><br />\n\n", "title": "x"}`: "GET http://a/x is answered with 404: It is full.",
		`{"NeutronError": {"type": "T", "message": "No such net.", "detail": ""}}`:          "GET http://a/x is answered with 404: No such net.",
	} {
		refused := gophercloud.ErrUnexpectedResponseCode{Method: "GET", URL: "http://a/x", Actual: 404, Body: []byte(body)}
		if got := inWords(fmt.Errorf("flavor: %w", refused)).Error(); got != want {
			t.Errorf("%s becomes %q", body, got)
		}
	}
	for _, other := range []error{errors.New("plain"), gophercloud.ErrUnexpectedResponseCode{Body: []byte("<html>")}, gophercloud.ErrUnexpectedResponseCode{Body: []byte(`[1]`)}} {
		if got := inWords(other); got.Error() != other.Error() {
			t.Errorf("%q becomes %q", other, got)
		}
	}
}
