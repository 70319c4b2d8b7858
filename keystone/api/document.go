package api

import (
	"bytes"
	"io"
	"net/http"

	"cumulet/oslo/rest"
)

// document is an answer that is no JSON.
func document(kind string, text []byte, header http.Header) *rest.Stream {
	return &rest.Stream{Type: kind, Length: int64(len(text)), Header: header, Body: io.NopCloser(bytes.NewReader(text))}
}
