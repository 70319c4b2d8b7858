package main

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"cumulet/keystone"
)

// describeKeystone prints what of keystone is neither a route, a rule nor an option of the configuration.
func describeKeystone(w io.Writer) error {
	built := keystone.DefaultConfig().AuthMethods
	fmt.Fprint(w, "\n## Methods\n\nHow users authenticate, in the order of their bits in tokens; `keystone.auth_methods` names those that are taken.\n\n| method | taken by default |\n|---|---|\n")
	for _, m := range keystone.AuthMethods {
		taken := "no"
		if slices.Contains(built, m) {
			taken = "yes"
		}
		fmt.Fprintf(w, "| `%s` | %s |\n", m, taken)
	}
	fmt.Fprint(w, "\n## Options of domains\n\nWhat `/v3/domains/ID/config` takes, with what holds otherwise. What is sensitive is never shown.\n\n| group | option | default | |\n|---|---|---|---|\n")
	for _, o := range keystone.DomainOptions() {
		note := ""
		switch {
		case o.Sensitive:
			note = "sensitive"
		case o.Beyond:
			note = "upstream reads it from its file only"
		}
		def := ""
		if o.Default != nil {
			def = fmt.Sprintf("`%v`", o.Default)
		}
		fmt.Fprintf(w, "| %s | `%s` | %s | %s |\n", o.Group, o.Name, def, note)
	}
	fmt.Fprint(w, "\n## Deeds\n\nWhat operators know from keystone-manage, as `cumulet keystone …`.\n\n| deed | |\n|---|---|\n")
	deeds := reflect.TypeFor[keystoneCommand]()
	for i := range deeds.NumField() {
		f := deeds.Field(i)
		name := f.Tag.Get("name")
		if name == "" {
			name = dashed(f.Name)
		}
		fmt.Fprintf(w, "| `%s` | %s |\n", name, f.Tag.Get("help"))
	}
	return nil
}

// dashed is a field's name as the command line has it.
func dashed(name string) string {
	var b strings.Builder
	for i, c := range name {
		if i > 0 && c >= 'A' && c <= 'Z' {
			b.WriteByte('-')
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}
