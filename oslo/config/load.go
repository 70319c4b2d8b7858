package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Checker is a section that can tell whether its values make sense together.
type Checker interface{ Check() error }

// Load sets in target, a pointer to a struct of sections that holds the defaults, what the file says (none when "") and, over
// it, the environment's CUMULET_SECTION_OPTION. All mistakes are told together, each with file and line or the
// variable's name. Then every section that is a Checker checks itself; elements of lists and maps do where they are read.
func Load(target any, file string, environ []string) error {
	root := tree(target)
	var errs []error
	if file != "" {
		errs = append(errs, loadFile(root, file)...)
	}
	errs = append(errs, loadEnvironment(root, environ)...)
	if len(errs) == 0 {
		errs = check(root, "")
	}
	return errors.Join(errs...)
}

func loadFile(root reflect.Value, file string) []error {
	f, err := os.Open(file)
	if err != nil {
		return []error{err}
	}
	defer f.Close()
	var document yaml.Node
	err = yaml.NewDecoder(f).Decode(&document)
	if errors.Is(err, io.EOF) { // an empty file
		return nil
	}
	if err != nil {
		return []error{fmt.Errorf("%s: %w", file, err)}
	}
	r := &reading{file: file}
	r.set(root, document.Content[0], "")
	return r.errs
}

// reading is a file being read.
type reading struct {
	file string
	errs []error
}

func (r *reading) refuse(n *yaml.Node, key, format string, args ...any) {
	where := fmt.Sprintf("%s:%d: ", r.file, n.Line)
	if key != "" {
		where += key + ": "
	}
	r.errs = append(r.errs, errors.New(where+fmt.Sprintf(format, args...)))
}

// set sets v from a node; key is its name for messages.
func (r *reading) set(v reflect.Value, n *yaml.Node, key string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return // "option:" without a value keeps the default
	}
	switch {
	case isLeaf(v.Type()):
		r.setLeaf(v, n, key)
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		r.set(v.Elem(), n, key)
	case v.Kind() == reflect.Struct:
		r.setStruct(v, n, key)
	case v.Kind() == reflect.Slice:
		r.setList(v, n, key)
	case v.Kind() == reflect.Map:
		r.setMap(v, n, key)
	default:
		panic(fmt.Sprintf("config: %s cannot be of type %s", key, v.Type()))
	}
}

func (r *reading) setLeaf(v reflect.Value, n *yaml.Node, key string) {
	if n.Kind != yaml.ScalarNode {
		r.refuse(n, key, "want %s", typeName(v.Type()))
		return
	}
	if err := setText(v, n.Value); err != nil {
		r.refuse(n, key, "%s", err)
	}
}

func (r *reading) setStruct(v reflect.Value, n *yaml.Node, key string) {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, key, "want a section with options")
		return
	}
	known := fields(v)
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		f, ok := find(known, name.Value)
		switch {
		case !ok:
			r.refuse(name, join(key, name.Value), "no such option%s", nearest(name.Value, known))
		case seen[name.Value]:
			r.refuse(name, join(key, name.Value), "is set twice")
		default:
			r.set(f.value, value, join(key, f.name))
		}
		seen[name.Value] = true
	}
}

func (r *reading) setList(v reflect.Value, n *yaml.Node, key string) {
	if n.Kind != yaml.SequenceNode {
		r.refuse(n, key, "want %s", typeName(v.Type()))
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, element := range n.Content {
		r.setElement(list.Index(i), element, element, fmt.Sprintf("%s[%d]", key, i))
	}
	v.Set(list)
}

// setElement sets an element of a list or a map, and has one that is a Checker check itself: where it stands is known here
// and no more later.
func (r *reading) setElement(v reflect.Value, n, at *yaml.Node, key string) {
	before := len(r.errs)
	r.set(v, n, key)
	c, ok := v.Addr().Interface().(Checker)
	if !ok || len(r.errs) > before {
		return
	}
	if err := c.Check(); err != nil {
		r.refuse(at, key, "%s", err)
	}
}

func (r *reading) setMap(v reflect.Value, n *yaml.Node, key string) {
	if n.Kind != yaml.MappingNode {
		r.refuse(n, key, "want %s", typeName(v.Type()))
		return
	}
	m := reflect.MakeMap(v.Type())
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], reflect.New(v.Type().Elem()).Elem()
		r.setElement(value, n.Content[i+1], name, join(key, name.Value))
		k := reflect.New(v.Type().Key()).Elem()
		if err := setText(k, name.Value); err != nil {
			r.refuse(name, key, "%s", err)
			continue
		}
		if m.MapIndex(k).IsValid() {
			r.refuse(name, join(key, name.Value), "is set twice")
		}
		m.SetMapIndex(k, value)
	}
	v.Set(m)
}

// loadEnvironment sets what the environment says. A variable that begins with a section's name and is no option of it is a
// mistake; others with our prefix (CUMULET_DATA) are not for us.
func loadEnvironment(root reflect.Value, environ []string) []error {
	var errs []error
	options, sections := flat(root, ""), fields(root)
	for _, entry := range environ {
		name, text, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, environmentPrefix) {
			continue
		}
		o, ok := findVariable(options, name)
		if !ok {
			if inSection(name, sections) {
				errs = append(errs, fmt.Errorf("%s: no such option%s", name, nearestVariable(name, options)))
			}
			continue
		}
		if err := setVariable(o.value, text); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errs
}

// setVariable sets v from a variable's text: a list's is parted by commas.
func setVariable(v reflect.Value, text string) error {
	if isLeaf(v.Type()) {
		return setText(v, text)
	}
	if v.Kind() != reflect.Slice || !isLeaf(v.Type().Elem()) {
		return errors.New("can be set in the file only")
	}
	var parts []string
	if text != "" {
		parts = strings.Split(text, ",")
	}
	list := reflect.MakeSlice(v.Type(), len(parts), len(parts))
	for i, part := range parts {
		if err := setText(list.Index(i), strings.TrimSpace(part)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

// check has every section check itself, the inner ones first.
func check(v reflect.Value, key string) []error {
	var errs []error
	for _, f := range fields(v) {
		if f.value.Kind() == reflect.Struct && !isLeaf(f.value.Type()) {
			errs = append(errs, check(f.value, join(key, f.name))...)
		}
	}
	if c, ok := v.Addr().Interface().(Checker); ok {
		if err := c.Check(); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", orRoot(key), err))
		}
	}
	return errs
}

func orRoot(key string) string {
	if key == "" {
		return "configuration"
	}
	return key
}
