package config

import (
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Option is what one can set.
type Option struct {
	Key      string `json:"key"`      // "nova.compute.virt_type"
	Variable string `json:"variable"` // "CUMULET_NOVA_COMPUTE_VIRT_TYPE"; "" where the file alone can set it
	Type     string `json:"type"`     // in words
	Default  string `json:"default"`
	Doc      string `json:"doc"`
}

// Describe lists the options of target, a pointer to the struct that holds the defaults, in the order of its fields. Those
// of structs in a list or a map follow it, with NAME in place of the element's: neutron.physical.NAME.mtu.
func Describe(target any) []Option {
	var all []Option
	for _, o := range flat(tree(target), "") {
		all = append(all, described(o, o.variable()))
		all = append(all, ofElements(o)...)
	}
	return all
}

func described(o option, variable string) Option {
	return Option{Key: o.key, Variable: variable, Type: typeName(o.value.Type()), Default: inline(o.value), Doc: o.doc}
}

// ofElements are the options within a list, a map or a section that may be left out.
func ofElements(o option) []Option {
	key := o.key
	element := o.value.Type()
	switch {
	case isLeaf(element):
		return nil
	case element.Kind() == reflect.Pointer:
		element = element.Elem()
	case element.Kind() == reflect.Slice || element.Kind() == reflect.Map:
		element, key = element.Elem(), join(key, "NAME")
	}
	if element.Kind() != reflect.Struct || isLeaf(element) {
		return nil
	}
	var all []Option
	for _, inner := range flat(reflect.New(element).Elem(), key) {
		if inner.value.Kind() != reflect.Pointer { // what it may hold says enough
			all = append(all, described(inner, ""))
		}
		all = append(all, ofElements(inner)...)
	}
	return all
}

// inline is a value on one line, as in a file.
func inline(v reflect.Value) string {
	n, err := node(v)
	if err != nil {
		return ""
	}
	n.Style = yaml.FlowStyle
	text, err := yaml.Marshal(n)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Print writes target as a file that Load reads, with the docs as comments and every secret redacted.
func Print(w io.Writer, target any) error {
	n, err := node(tree(target))
	if err != nil {
		return err
	}
	e := yaml.NewEncoder(w)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return err
	}
	return e.Close()
}

// node is a value as YAML.
func node(v reflect.Value) (*yaml.Node, error) {
	switch {
	case isLeaf(v.Type()):
		text, err := textOf(v)
		if err != nil {
			return nil, err
		}
		n := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
		if v.Kind() == reflect.String || text == "" {
			n.Tag = "!!str" // the encoder quotes what would be read as another type
		}
		return n, nil
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}, nil
		}
		return node(v.Elem())
	case v.Kind() == reflect.Struct:
		return structNode(v)
	case v.Kind() == reflect.Slice:
		list := &yaml.Node{Kind: yaml.SequenceNode}
		for i := range v.Len() {
			n, err := node(v.Index(i))
			if err != nil {
				return nil, err
			}
			list.Content = append(list.Content, n)
		}
		return list, nil
	case v.Kind() == reflect.Map:
		return mapNode(v)
	}
	return nil, fmt.Errorf("an option cannot be of type %s", v.Type())
}

func structNode(v reflect.Value) (*yaml.Node, error) {
	section := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fields(v) {
		value, err := node(f.value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.name, err)
		}
		name := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: f.name, HeadComment: f.doc}
		section.Content = append(section.Content, name, value)
	}
	return section, nil
}

func mapNode(v reflect.Value) (*yaml.Node, error) {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	m := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range keys {
		name, err := node(k)
		if err != nil {
			return nil, err
		}
		value, err := node(v.MapIndex(k))
		if err != nil {
			return nil, err
		}
		m.Content = append(m.Content, name, value)
	}
	return m, nil
}
