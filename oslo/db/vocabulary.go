package db

import (
	"fmt"
	"strings"
)

// Declare says that events of this name are recorded with a payload of that type ("Server"). Once one is declared, Record
// refuses what is not: a name that is in no table nobody could subscribe to. To be called before the first transaction.
func (d *DB) Declare(name, payload string) {
	if d.state.declared == nil {
		d.state.declared = map[string]string{}
	}
	d.state.declared[name] = payload
}

// declared refuses an event that is in no table. Payload is the thing itself or points to it.
func (d *DB) declared(name string, payload any) error {
	if d.state.declared == nil {
		return nil
	}
	want, ok := d.state.declared[name]
	if !ok {
		return fmt.Errorf("the event %q is not in the table of %s", name, d.state.service)
	}
	given := fmt.Sprintf("%T", payload)
	if given = given[strings.LastIndexByte(given, '.')+1:]; given != want {
		return fmt.Errorf("the event %q carries a %s where the table says %s", name, given, want)
	}
	return nil
}
