package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// isLeaf tells whether values of the type are written as one text.
func isLeaf(t reflect.Type) bool {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return true
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// setText sets a leaf from its text. The error quotes the text, except a secret's, and says what is wanted.
func setText(v reflect.Value, text string) error {
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return u.UnmarshalText([]byte(text))
	}
	var err error
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		var d time.Duration
		if d, err = time.ParseDuration(text); err == nil {
			v.SetInt(int64(d))
		}
	case v.Kind() == reflect.String:
		v.SetString(text)
	case v.Kind() == reflect.Bool:
		switch text {
		case "true", "yes", "on":
			v.SetBool(true)
		case "false", "no", "off":
			v.SetBool(false)
		default:
			err = strconv.ErrSyntax
		}
	case v.CanInt():
		var i int64
		if i, err = strconv.ParseInt(text, 0, v.Type().Bits()); err == nil {
			v.SetInt(i)
		}
	case v.CanUint():
		var u uint64
		if u, err = strconv.ParseUint(text, 0, v.Type().Bits()); err == nil {
			v.SetUint(u)
		}
	case v.CanFloat():
		var f float64
		if f, err = strconv.ParseFloat(text, v.Type().Bits()); err == nil {
			v.SetFloat(f)
		}
	}
	if err != nil {
		return fmt.Errorf("want %s, not %q", typeName(v.Type()), text)
	}
	return nil
}

// textOf is a leaf as text, a secret redacted.
func textOf(v reflect.Value) (string, error) {
	switch value := v.Interface().(type) {
	case encoding.TextMarshaler:
		b, err := value.MarshalText()
		return string(b), err
	case time.Duration:
		return value.String(), nil
	default:
		return fmt.Sprint(value), nil
	}
}

// typeName says in words what a value of the type looks like.
func typeName(t reflect.Type) string {
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "a duration such as 30s"
	case reflect.TypeFor[Size]():
		return "a size such as 10GiB"
	case reflect.TypeFor[Secret]():
		return "a secret"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number from 0"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Slice:
		return "a list of: " + typeName(t.Elem())
	case reflect.Map:
		return "a map of: " + typeName(t.Elem())
	}
	if t.Kind() == reflect.Struct && !isLeaf(t) {
		return "a section with options"
	}
	return "text" // what reads itself from text
}
