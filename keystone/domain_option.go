package keystone

import "slices"

// DomainOption is an option that a domain may have a value of its own for.
type DomainOption struct {
	Group, Name string
	Default     any // what holds where a domain has none; nil for nothing
	// Sensitive values are taken, kept apart and given to drivers; they are never shown.
	Sensitive bool
	// Beyond tells that upstream has the option in its file only. It is not among the defaults that are shown together.
	Beyond bool
}

// DomainOptions are all of them: no other may be configured for a domain. Which they are is keystone/resource/core.py's,
// DomainConfigManager; the defaults are keystone/conf/identity.py's and ldap.py's.
func DomainOptions() []DomainOption {
	return []DomainOption{
		{Group: "identity", Name: "driver", Default: "sql"},
		{Group: "identity", Name: "list_limit"},
		{Group: "ldap", Name: "url", Default: "ldap://localhost"},
		{Group: "ldap", Name: "user"},
		{Group: "ldap", Name: "password", Sensitive: true},
		{Group: "ldap", Name: "suffix", Default: "cn=example,cn=com"},
		{Group: "ldap", Name: "query_scope", Default: "one"},
		{Group: "ldap", Name: "page_size", Default: 0},
		{Group: "ldap", Name: "alias_dereferencing", Default: "default"},
		{Group: "ldap", Name: "debug_level"},
		{Group: "ldap", Name: "chase_referrals"},
		{Group: "ldap", Name: "user_tree_dn"},
		{Group: "ldap", Name: "user_filter"},
		{Group: "ldap", Name: "user_objectclass", Default: "inetOrgPerson"},
		{Group: "ldap", Name: "user_id_attribute", Default: "cn"},
		{Group: "ldap", Name: "user_name_attribute", Default: "sn"},
		{Group: "ldap", Name: "user_mail_attribute", Default: "mail"},
		{Group: "ldap", Name: "user_description_attribute", Default: "description"},
		{Group: "ldap", Name: "user_pass_attribute", Default: "userPassword"},
		{Group: "ldap", Name: "user_enabled_attribute", Default: "enabled"},
		{Group: "ldap", Name: "user_enabled_invert", Default: false},
		{Group: "ldap", Name: "user_enabled_mask", Default: 0},
		{Group: "ldap", Name: "user_enabled_default", Default: "True"},
		{Group: "ldap", Name: "user_attribute_ignore", Default: []string{"default_project_id"}},
		{Group: "ldap", Name: "user_default_project_id_attribute"},
		{Group: "ldap", Name: "user_enabled_emulation", Default: false},
		{Group: "ldap", Name: "user_enabled_emulation_dn"},
		{Group: "ldap", Name: "user_enabled_emulation_use_group_config", Default: false},
		{Group: "ldap", Name: "user_additional_attribute_mapping", Default: []string{}},
		{Group: "ldap", Name: "group_tree_dn"},
		{Group: "ldap", Name: "group_filter"},
		{Group: "ldap", Name: "group_objectclass", Default: "groupOfNames"},
		{Group: "ldap", Name: "group_id_attribute", Default: "cn"},
		{Group: "ldap", Name: "group_name_attribute", Default: "ou"},
		{Group: "ldap", Name: "group_members_are_ids", Default: false},
		{Group: "ldap", Name: "group_member_attribute", Default: "member"},
		{Group: "ldap", Name: "group_desc_attribute", Default: "description"},
		{Group: "ldap", Name: "group_attribute_ignore", Default: []string{}},
		{Group: "ldap", Name: "group_additional_attribute_mapping", Default: []string{}},
		{Group: "ldap", Name: "group_ad_nesting", Default: false, Beyond: true},
		{Group: "ldap", Name: "randomize_urls", Default: false, Beyond: true},
		{Group: "ldap", Name: "connection_timeout", Default: -1, Beyond: true},
		{Group: "ldap", Name: "tls_cacertfile"},
		{Group: "ldap", Name: "tls_cacertdir"},
		{Group: "ldap", Name: "use_tls", Default: false},
		{Group: "ldap", Name: "tls_req_cert", Default: "demand"},
		{Group: "ldap", Name: "use_pool", Default: true},
		{Group: "ldap", Name: "pool_size", Default: 10},
		{Group: "ldap", Name: "pool_retry_max", Default: 3},
		{Group: "ldap", Name: "pool_retry_delay", Default: 0.1},
		{Group: "ldap", Name: "pool_connection_timeout", Default: -1},
		{Group: "ldap", Name: "pool_connection_lifetime", Default: 600},
		{Group: "ldap", Name: "use_auth_pool", Default: true},
		{Group: "ldap", Name: "auth_pool_size", Default: 100},
		{Group: "ldap", Name: "auth_pool_connection_lifetime", Default: 60},
	}
}

// Configurable refuses a group, or an option in it, that no domain may have of its own; "" names none.
func Configurable(group, option string) error {
	in := func(o DomainOption) bool { return o.Group == group }
	if group != "" && !slices.ContainsFunc(DomainOptions(), in) {
		return InvalidDomainConfig("Group %.255s is not supported for domain specific configurations", group)
	}
	if option != "" {
		return configurable(group, option)
	}
	return nil
}

func configurable(group, option string) error {
	if _, known := domainOption(group, option); !known {
		return InvalidDomainConfig("Option %.255s in group %s is not supported for domain specific configurations", option, group)
	}
	return nil
}

// Sensitive tells whether an option's value is never shown.
func Sensitive(group, option string) bool {
	o, _ := domainOption(group, option)
	return o.Sensitive
}

func domainOption(group, name string) (DomainOption, bool) {
	all := DomainOptions()
	i := slices.IndexFunc(all, func(o DomainOption) bool { return o.Group == group && o.Name == name })
	if i < 0 {
		return DomainOption{}, false
	}
	return all[i], true
}

// DefaultDomainConfig is what holds where domains have nothing of their own, of a group and an option where they are not "". What is
// sensitive has no default that could be shown.
func DefaultDomainConfig(group, option string) (DomainConfig, error) {
	if err := Configurable(group, option); err != nil {
		return nil, err
	}
	if Sensitive(group, option) {
		return nil, InvalidDomainConfig("Reading the default for option %s in group %s is not supported", option, group)
	}
	all := DomainConfig{}
	for _, o := range DomainOptions() {
		if !o.Sensitive && (!o.Beyond || option != "") {
			all.Set(o.Group, o.Name, o.Default)
		}
	}
	return all.Of(group, option), nil
}
