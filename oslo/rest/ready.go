package rest

import (
	"encoding/json"
	"strconv"
)

// An answer that is a json.RawMessage is sent as it stands. What is asked for again and again is put together of parts that were
// rendered before, by the functions of this file; json.Marshal would read each of them once more.

// With adds a member to an object that has none of that name.
func With(object json.RawMessage, name string, member json.RawMessage) json.RawMessage {
	return append(append(begin(object, name, len(member)), member...), '}')
}

// WithList is With for a list of things.
func WithList(object json.RawMessage, name string, items []json.RawMessage) json.RawMessage {
	size := len(items) + len("[]")
	for _, item := range items {
		size += len(item)
	}
	b := append(begin(object, name, size), '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, item...)
	}
	return append(b, "]}"...)
}

// begin writes an object up to the member of a name, a word that needs no escaping, with room for so many bytes of it.
func begin(object json.RawMessage, name string, size int) []byte {
	b := make([]byte, 0, len(object)+len(name)+len(`,"":`)+size)
	b = append(b, object[:len(object)-1]...)
	if len(object) > len("{}") {
		b = append(b, ',')
	}
	return append(strconv.AppendQuote(b, name), ':')
}
