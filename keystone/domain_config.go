package keystone

import (
	"encoding/json"
	"maps"
	"slices"

	"cumulet/oslo/fault"
)

// DomainConfig is what a domain has of options of its own: a value of any JSON by group and option.
type DomainConfig map[string]map[string]any

// maxOptionValue bounds the JSON of one value, in bytes.
const maxOptionValue = 16 << 10

// ParseDomainConfig reads a configuration as it is given. It refuses an empty one, and what no domain may have of its own. As
// keystone/resource/core.py, _assert_valid_config. No refusal repeats a value, which may be a password.
func ParseDomainConfig(given map[string]any) (DomainConfig, error) {
	if len(given) == 0 {
		return nil, InvalidDomainConfig("No options specified")
	}
	config := DomainConfig{}
	for _, group := range slices.Sorted(maps.Keys(given)) {
		options, _ := given[group].(map[string]any)
		if len(options) == 0 {
			return nil, InvalidDomainConfig("The value of group %.255s specified in the config should be a dictionary of options", group)
		}
		if err := Configurable(group, ""); err != nil {
			return nil, err
		}
		for _, name := range slices.Sorted(maps.Keys(options)) {
			if err := configurable(group, name); err != nil {
				return nil, err
			}
			value, err := json.Marshal(options[name])
			if err != nil {
				return nil, err
			}
			if len(value) > maxOptionValue {
				return nil, Invalid("The value of option %s in group %s is longer than %d bytes.", name, group, maxOptionValue)
			}
		}
		config[group] = options
	}
	return config, nil
}

// Only refuses a configuration with anything else than the group, or the option in it, that the path of a request names; "" names
// none. As keystone/resource/core.py, _assert_valid_update, where the two spaces are, too.
func (c DomainConfig) Only(group, option string) error {
	switch options := c[group]; {
	case group == "":
		return nil
	case option != "" && len(options) != 1:
		return InvalidDomainConfig("Trying to update option %s in group %s, so that, and only that, option must be specified  in the config",
			option, group)
	case option == "" && len(c) != 1:
		return InvalidDomainConfig("Trying to update group %s, so that, and only that, group must be specified in the config", group)
	case options == nil:
		return InvalidDomainConfig("request to update group %s, but config provided contains group %s instead", group, first(c))
	case option != "" && first(options) != option:
		return InvalidDomainConfig("Trying to update option %s in group %s, but config provided contains option %s instead",
			option, group, first(options))
	}
	return nil
}

// first is the first name, or the only one.
func first[V any](named map[string]V) string { return slices.Sorted(maps.Keys(named))[0] }

// Set gives an option its value.
func (c DomainConfig) Set(group, option string, value any) {
	if c[group] == nil {
		c[group] = map[string]any{}
	}
	c[group][option] = value
}

// Of is the part of it that is of a group, and of an option in it, where they are not "".
func (c DomainConfig) Of(group, option string) DomainConfig {
	part := DomainConfig{}
	for g, options := range c {
		for o, value := range options {
			if (group == "" || g == group) && (option == "" || o == option) {
				part.Set(g, o, value)
			}
		}
	}
	return part
}

// Names are the options that have a value, as "ldap.url", in order.
func (c DomainConfig) Names() []string {
	var names []string
	for group, options := range c {
		for name := range options {
			names = append(names, group+"."+name)
		}
	}
	slices.Sort(names)
	return names
}

// DomainConfigChange is what is told of a changed configuration: which options, and never their values.
type DomainConfigChange struct {
	DomainID string
	Options  []string // as "ldap.url"
}

// Identity makes a configuration's events findable: by its domain.
func (c DomainConfigChange) Identity() (id, projectID string) { return c.DomainID, "" }

// InvalidDomainConfig is the fault for a configuration that no domain can have.
func InvalidDomainConfig(reason string, args ...any) *fault.Fault {
	return fault.New(fault.Forbidden, "InvalidDomainConfig", "Invalid domain specific configuration: "+reason+".", args...)
}

// DomainConfigNotFound is the fault for a domain without the option of the group; or the group, or any, where they are "".
func DomainConfigNotFound(domainID, group, option string) *fault.Fault {
	what := "any options"
	switch {
	case option != "":
		what = "option " + option + " in group " + group
	case group != "":
		what = "group " + group
	}
	return fault.New(fault.NotFound, "DomainConfigNotFound", "Could not find %s in domain configuration for domain %s.", what, domainID)
}
