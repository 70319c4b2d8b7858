package db

import (
	"encoding/json"
	"fmt"

	"cumulet/nova"
)

// document is a column of JSON as it stands in the database; "" where it is NULL.
type document string

// encoder writes documents and keeps the first error.
type encoder struct{ err error }

func (e *encoder) document(v any) document {
	b, err := json.Marshal(v)
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("encode a column: %w", err)
	}
	return document(b)
}

// decoder reads the documents of one list and keeps the first error. Servers of a list have few flavors among them, and
// much that is empty: neither is decoded again and again, since decoding is most of what a long list costs. What it gives is
// shared by the servers of the list: nobody may change it in place.
type decoder struct {
	flavors map[document]nova.Flavor
	err     error
}

func (d *decoder) read(from document, into any) {
	if err := json.Unmarshal([]byte(from), into); err != nil && d.err == nil {
		d.err = fmt.Errorf("decode a column: %w", err)
	}
}

func (d *decoder) flavor(from document) nova.Flavor {
	f, known := d.flavors[from]
	if !known {
		d.read(from, &f)
		if d.flavors == nil {
			d.flavors = map[document]nova.Flavor{}
		}
		d.flavors[from] = f
	}
	return f
}

func (d *decoder) texts(from document) map[string]string {
	texts := map[string]string{}
	if from != "{}" {
		d.read(from, &texts)
	}
	return texts
}

func (d *decoder) names(from document) []string {
	names := []string{}
	if from != "[]" {
		d.read(from, &names)
	}
	return names
}
