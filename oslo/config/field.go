package config

import (
	"fmt"
	"reflect"
	"strings"
)

// environmentPrefix begins the names of our variables.
const environmentPrefix = "CUMULET_"

// field is an option or section of a struct.
type field struct {
	name, doc string
	value     reflect.Value
}

// tree is the struct that target points to.
func tree(target any) reflect.Value {
	v := reflect.ValueOf(target)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		panic(fmt.Sprintf("config: want a pointer to a struct, not %T", target))
	}
	return v.Elem()
}

// fields are the options and sections of a struct: its fields with a conf tag, and those of structs it embeds.
func fields(v reflect.Value) []field {
	var all []field
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, tagged := f.Tag.Lookup("conf")
		switch {
		case tagged && name != "-":
			if !f.IsExported() {
				panic(fmt.Sprintf("config: %s.%s has a conf tag and is not exported", v.Type(), f.Name))
			}
			all = append(all, field{name, f.Tag.Get("doc"), v.Field(i)})
		case f.Anonymous && f.Type.Kind() == reflect.Struct && !tagged:
			all = append(all, fields(v.Field(i))...)
		}
	}
	return all
}

// option is a field with its whole name.
type option struct {
	key, doc string
	value    reflect.Value
}

// variable is the option's name in the environment.
func (o option) variable() string { return variable(o.key) }

func variable(key string) string {
	return environmentPrefix + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(key))
}

// flat lists the options of a struct and its sections.
func flat(v reflect.Value, key string) []option {
	var all []option
	for _, f := range fields(v) {
		name := join(key, f.name)
		if f.value.Kind() == reflect.Struct && !isLeaf(f.value.Type()) {
			all = append(all, flat(f.value, name)...)
		} else {
			all = append(all, option{name, f.doc, f.value})
		}
	}
	return all
}

func find(all []field, name string) (field, bool) {
	for _, f := range all {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

func findVariable(all []option, name string) (option, bool) {
	for _, o := range all {
		if o.variable() == name {
			return o, true
		}
	}
	return option{}, false
}

// inSection tells whether a variable's name begins with that of a section.
func inSection(name string, sections []field) bool {
	for _, s := range sections {
		if s.value.Kind() == reflect.Struct && strings.HasPrefix(name, variable(s.name)+"_") {
			return true
		}
	}
	return false
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}

// nearest suggests the known name most like the given one, in words to append, or nothing when none is like it.
func nearest(name string, known []field) string {
	names := make([]string, len(known))
	for i, f := range known {
		names[i] = f.name
	}
	return suggest(name, names)
}

func nearestVariable(name string, known []option) string {
	names := make([]string, len(known))
	for i, o := range known {
		names[i] = o.variable()
	}
	return suggest(name, names)
}

func suggest(name string, known []string) string {
	best, least := "", max(2, len(name)/3)+1
	for _, k := range known {
		if d := distance(name, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// distance is Levenshtein's: how many letters to put in, take out or change.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
