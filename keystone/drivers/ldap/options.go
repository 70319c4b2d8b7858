package ldap

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"cumulet/keystone"
)

// options are what a domain's configuration says of its directory.
type options struct {
	urls           []string
	randomize      bool
	user, password string
	scope, deref   int
	pageSize       uint32

	tls         bool // StartTLS
	caFile      string
	caFolder    string
	certificate string // demand, allow or never

	connectTimeout time.Duration
	pool, authPool poolOptions
	retries        int
	retryDelay     time.Duration

	users  tree
	groups tree

	// What makes a user enabled.
	enabledMask    int
	enabledInvert  bool
	enabledDefault string
	emulation      emulation

	memberAttribute string
	membersAreIDs   bool
	nested          bool // Active Directory's
}

// poolOptions bound the connections of one purpose.
type poolOptions struct {
	keep     bool
	size     int
	lifetime time.Duration
}

// tree is where the entries of users or groups are, and which of their attributes mean what.
type tree struct {
	base, filter, class string
	id                  string
	attributes          map[string]string // by keystone's name; what is ignored is not there
	extra               map[string]string // keystone's name by the directory's
}

// emulation is the group of those who are enabled, where that is how the directory says it.
type emulation struct {
	group, memberAttribute string
	membersAreIDs          bool
}

// parse reads a configuration; an error names the option that makes no sense, and never its value: it may hold the password.
func parse(config keystone.DomainConfig) (options, error) {
	r := newReader(config)
	suffix := r.text("suffix")
	o := options{
		urls: strings.FieldsFunc(r.text("url"), func(c rune) bool { return c == ',' || c == ' ' }), randomize: r.flag("randomize_urls"),
		user: r.text("user"), password: r.text("password"),
		scope:    r.choice("query_scope", map[string]int{"one": ldap.ScopeSingleLevel, "sub": ldap.ScopeWholeSubtree}),
		deref:    r.choice("alias_dereferencing", dereferencing()),
		pageSize: uint32(r.number("page_size", 0)), //nolint:gosec // at most a million
		tls:      r.flag("use_tls"), caFile: r.text("tls_cacertfile"), caFolder: r.text("tls_cacertdir"), certificate: r.text("tls_req_cert"),
		pool:     poolOptions{r.flag("use_pool"), r.number("pool_size", 1), r.seconds("pool_connection_lifetime")},
		authPool: poolOptions{r.flag("use_pool") && r.flag("use_auth_pool"), r.number("auth_pool_size", 1), r.seconds("auth_pool_connection_lifetime")},
		retries:  r.number("pool_retry_max", 0), retryDelay: r.seconds("pool_retry_delay"),
		users:           r.tree("user", "ou=Users,"+suffix, "name", "mail", "description", "enabled", "default_project_id"),
		groups:          r.tree("group", "ou=UserGroups,"+suffix, "name", "desc"),
		enabledMask:     r.number("user_enabled_mask", 0),
		enabledInvert:   r.flag("user_enabled_invert"),
		enabledDefault:  r.text("user_enabled_default"),
		memberAttribute: r.attribute("group_member_attribute"), membersAreIDs: r.flag("group_members_are_ids"), nested: r.flag("group_ad_nesting"),
	}
	o.connectTimeout = r.seconds("connection_timeout")
	if o.pool.keep {
		o.connectTimeout = r.seconds("pool_connection_timeout")
	}
	if r.flag("user_enabled_emulation") {
		o.emulation = emulation{group: r.text("user_enabled_emulation_dn"), memberAttribute: "member"}
		if o.emulation.group == "" {
			o.emulation.group = "cn=enabled_users," + o.users.base
		}
		if r.flag("user_enabled_emulation_use_group_config") {
			o.emulation.memberAttribute, o.emulation.membersAreIDs = o.memberAttribute, o.membersAreIDs
		}
	}
	if r.err == nil {
		r.err = o.check()
	}
	return o, r.err
}

func dereferencing() map[string]int {
	return map[string]int{
		"default": ldap.NeverDerefAliases, "never": ldap.NeverDerefAliases, "searching": ldap.DerefInSearching,
		"finding": ldap.DerefFindingBaseObj, "always": ldap.DerefAlways,
	}
}

// check refuses what makes no sense together.
func (o options) check() error {
	if len(o.urls) == 0 {
		return fmt.Errorf("url: none is given")
	}
	for _, url := range o.urls {
		scheme, _, ok := strings.Cut(url, "://")
		switch {
		case !ok || scheme != "ldap" && scheme != "ldaps" && scheme != "ldapi":
			return fmt.Errorf("url: it begins with ldap://, ldaps:// or ldapi://")
		case o.tls && scheme == "ldaps":
			return fmt.Errorf("use_tls: a connection by ldaps:// is encrypted already")
		}
	}
	for name, dn := range map[string]string{
		"user_tree_dn": o.users.base, "group_tree_dn": o.groups.base, "user_enabled_emulation_dn": o.emulation.group,
	} {
		if _, err := ldap.ParseDN(dn); err != nil {
			return fmt.Errorf("%s: it is no distinguished name", name)
		}
	}
	switch o.certificate {
	case "demand", "allow", "never":
		return nil
	}
	return fmt.Errorf("tls_req_cert: it is demand, allow or never")
}

// reader reads options of a configuration over their defaults; the first that makes no sense is its error.
type reader struct {
	values map[string]any
	err    error
}

func newReader(config keystone.DomainConfig) *reader {
	values := map[string]any{}
	for _, o := range keystone.DomainOptions() {
		if o.Group == "ldap" {
			values[o.Name] = o.Default
		}
	}
	for name, value := range config["ldap"] {
		values[name] = value
	}
	return &reader{values: values}
}

func (r *reader) refuse(name, why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s", name, why)
	}
}

func (r *reader) text(name string) string {
	switch v := r.values[name].(type) {
	case nil:
		return ""
	case string:
		return v
	case bool, int, float64, json.Number:
		return fmt.Sprint(v)
	}
	r.refuse(name, "it is no text")
	return ""
}

func (r *reader) flag(name string) bool {
	switch strings.ToLower(r.text(name)) {
	case "", "0", "false", "no", "off", "f", "n":
		return false
	case "1", "true", "yes", "on", "t", "y":
		return true
	}
	r.refuse(name, "it is neither true nor false")
	return false
}

func (r *reader) number(name string, least int) int {
	const most = 1_000_000
	text := r.text(name)
	if text == "" {
		return least
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != float64(int(n)) || n > most || int(n) < least {
		r.refuse(name, fmt.Sprintf("it is no whole number from %d to %d", least, most))
		return least
	}
	return int(n)
}

// seconds reads a time; none and what is below nothing are 0.
func (r *reader) seconds(name string) time.Duration {
	text := r.text(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n > 1e6 {
		r.refuse(name, "it is no number of seconds")
		return 0
	}
	return time.Duration(max(n, 0) * float64(time.Second))
}

func (r *reader) choice(name string, choices map[string]int) int {
	chosen, ok := choices[r.text(name)]
	if !ok {
		r.refuse(name, "it is none of the choices")
	}
	return chosen
}

// list reads a list, which may be written in one text with commas.
func (r *reader) list(name string) []string {
	var items []string
	switch v := r.values[name].(type) {
	case nil:
	case string:
		for item := range strings.SplitSeq(v, ",") {
			if item = strings.TrimSpace(item); item != "" {
				items = append(items, item)
			}
		}
	case []string:
		items = v
	case []any:
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				r.refuse(name, "it is no list of texts")
			}
			items = append(items, text)
		}
	default:
		r.refuse(name, "it is no list")
	}
	return items
}

// described is how an attribute is named: by a word or by numbers, with options after it. As RFC 4512, 2.5.
var described = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+)(;[A-Za-z0-9-]+)*$`)

// attribute reads the name of an attribute; it may be empty.
func (r *reader) attribute(name string) string {
	text := r.text(name)
	if text != "" && !described.MatchString(text) {
		r.refuse(name, "it is no name of an attribute")
	}
	return text
}

// tree reads the options of users or of groups; keystone's names are those of the options but for three.
func (r *reader) tree(of, base string, names ...string) tree {
	t := tree{
		base: r.text(of + "_tree_dn"), filter: r.text(of + "_filter"), class: r.attribute(of + "_objectclass"), id: r.attribute(of + "_id_attribute"),
		attributes: map[string]string{}, extra: map[string]string{},
	}
	if t.base == "" {
		t.base = base
	}
	if t.filter != "" {
		if _, err := ldap.CompileFilter(t.filter); err != nil {
			r.refuse(of+"_filter", "it is no filter")
		}
	}
	ignored := map[string]bool{}
	for _, name := range r.list(of + "_attribute_ignore") {
		ignored[name] = true
	}
	for _, name := range names {
		meant := name
		switch name {
		case "mail":
			meant = "email"
		case "desc":
			meant = "description"
		}
		if attribute := r.attribute(of + "_" + name + "_attribute"); attribute != "" && !ignored[meant] {
			t.attributes[meant] = attribute
		}
	}
	for option, attribute := range map[string]string{
		"_id_attribute": t.id, "_name_attribute": t.attributes["name"], "_objectclass": t.class,
	} {
		if attribute == "" {
			r.refuse(of+option, "it is needed")
		}
	}
	for _, pair := range r.list(of + "_additional_attribute_mapping") {
		attribute, meant, ok := strings.Cut(pair, ":")
		if !ok || !described.MatchString(attribute) || meant == "" {
			r.refuse(of+"_additional_attribute_mapping", "it is written as directory_attribute:keystone_attribute")
			break
		}
		t.extra[attribute] = meant
	}
	return t
}
