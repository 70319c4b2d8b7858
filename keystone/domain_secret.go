package keystone

import (
	"encoding/json"
	"maps"
	"strings"
)

// With is the configuration whole: with its secrets, which stand also where another option's text refers to one by its name, as in
// "ldap://host/%(password)s". A text that refers to what is not there, or wrongly, stays as it is; dangling names these options. As
// keystone/resource/core.py, _get_config_with_sensitive_info.
func (c DomainConfig) With(secrets DomainConfig) (whole DomainConfig, dangling []string) {
	values := map[string]string{}
	for _, options := range secrets {
		for name, value := range options {
			values[name] = plain(value)
		}
	}
	whole, unresolved := DomainConfig{}, DomainConfig{}
	for group, options := range c {
		for name, value := range options {
			if text, ok := value.(string); ok {
				resolved, ok := substitute(text, values)
				if !ok {
					unresolved.Set(group, name, nil)
				}
				value = resolved
			}
			whole.Set(group, name, value)
		}
	}
	for group, options := range secrets {
		if whole[group] == nil {
			whole[group] = map[string]any{}
		}
		maps.Copy(whole[group], options)
	}
	return whole, unresolved.Names()
}

// plain is a value as it stands in a text.
func plain(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	b, err := json.Marshal(value)
	if err != nil { // what came as JSON goes as JSON
		return ""
	}
	return string(b)
}

// substitute puts values where text has %(name)s, and % where it has %%. It gives text as it is where it cannot.
func substitute(text string, values map[string]string) (string, bool) {
	var b strings.Builder
	rest := text
	for {
		before, after, found := strings.Cut(rest, "%")
		b.WriteString(before)
		if !found {
			return b.String(), true
		}
		if rest, found = strings.CutPrefix(after, "%"); found {
			b.WriteByte('%')
			continue
		}
		name, tail, closed := strings.Cut(after, ")s")
		value, known := values[strings.TrimPrefix(name, "(")]
		if !closed || !known || !strings.HasPrefix(name, "(") {
			return text, false
		}
		b.WriteString(value)
		rest = tail
	}
}
