package ldap

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-ldap/ldap/v3"

	"cumulet/keystone"
)

// wanted are the attributes that a tree's entries are read with.
func (t tree) wanted() []string {
	return append(append(slices.Collect(maps.Values(t.attributes)), slices.Collect(maps.Keys(t.extra))...), t.id)
}

// entries is the filter for a tree's entries.
func (t tree) entries() string { return t.filter + equal("objectClass", t.class) }

// idOf is an entry's id; where its attribute has several values, the one that its name is made of, else the first. "" where it has
// none, or none that can be written. As keystone/identity/backends/ldap/common.py, _ldap_res_to_model and _dn_to_id.
func (t tree) idOf(e *ldap.Entry) string {
	values := e.GetEqualFoldRawAttributeValues(t.id)
	if len(values) > 1 {
		if dn, err := ldap.ParseDN(e.DN); err == nil {
			if named := t.idIn(dn); named != "" {
				return named
			}
		}
	}
	if len(values) == 0 {
		return ""
	}
	return text(values[0])
}

// idIn is the id that a name is made of; "" where it is made of something else.
func (t tree) idIn(dn *ldap.DN) string {
	if len(dn.RDNs) == 0 || len(dn.RDNs[0].Attributes) != 1 || !strings.EqualFold(dn.RDNs[0].Attributes[0].Type, t.id) {
		return ""
	}
	return dn.RDNs[0].Attributes[0].Value
}

// text is a value as text: what is none, and is as long as a GUID, is one as Active Directory keeps it. "" for other bytes.
func text(value []byte) string {
	if utf8.Valid(value) {
		return string(value)
	}
	if len(value) != 16 {
		return ""
	}
	head := make([]byte, 8)
	binary.BigEndian.PutUint32(head, binary.LittleEndian.Uint32(value))
	binary.BigEndian.PutUint16(head[4:], binary.LittleEndian.Uint16(value[4:]))
	binary.BigEndian.PutUint16(head[6:], binary.LittleEndian.Uint16(value[6:]))
	return fmt.Sprintf("%x-%x-%x-%x-%x", head[:4], head[4:6], head[6:], value[8:10], value[10:])
}

// guidBytes are the bytes that text makes a GUID of.
func guidBytes(guid string) ([]byte, bool) {
	raw, err := hex.DecodeString(strings.ReplaceAll(guid, "-", ""))
	if err != nil || len(raw) != 16 {
		return nil, false
	}
	binary.LittleEndian.PutUint32(raw, binary.BigEndian.Uint32(raw))
	binary.LittleEndian.PutUint16(raw[4:], binary.BigEndian.Uint16(raw[4:]))
	binary.LittleEndian.PutUint16(raw[6:], binary.BigEndian.Uint16(raw[6:]))
	return raw, true
}

// value is the first value of what keystone calls so; given is false where the entry has none or the attribute is not read.
func (t tree) value(e *ldap.Entry, name string) (value string, given bool) {
	attribute := t.attributes[name]
	if attribute == "" {
		return "", false
	}
	values := e.GetEqualFoldRawAttributeValues(attribute)
	if len(values) == 0 {
		return "", false
	}
	return text(values[0]), true
}

// extras are what else is known of an entry.
func (t tree) extras(e *ldap.Entry, names ...string) map[string]any {
	extra := map[string]any{}
	for _, name := range names {
		if value, given := t.value(e, name); given {
			extra[name] = value
		}
	}
	for attribute, name := range t.extra {
		if values := e.GetEqualFoldRawAttributeValues(attribute); len(values) > 0 {
			extra[name] = text(values[0])
		}
	}
	return extra
}

// known tells whether an entry can be somebody: it has an id and a name. As _filter_ldap_result_by_attr.
func (t tree) known(e *ldap.Entry) bool {
	name, _ := t.value(e, "name")
	return strings.TrimSpace(name) != "" && t.idOf(e) != ""
}

// person is an entry as a user of the domain; enabled is left to who asks where that is emulated.
func (d *Directory) person(e *ldap.Entry) keystone.User {
	u := keystone.User{ID: d.users.idOf(e), DomainID: d.domainID, Enabled: d.enabled(e), Extra: d.users.extras(e, "email", "description")}
	u.Name, _ = d.users.value(e, "name")
	u.DefaultProjectID, _ = d.users.value(e, "default_project_id")
	return u
}

// enabled is what an entry itself says. As keystone/identity/backends/ldap/core.py, UserApi._ldap_res_to_model.
func (d *Directory) enabled(e *ldap.Entry) bool {
	value, given := d.users.value(e, "enabled")
	if !given {
		value = d.enabledDefault
	}
	if d.enabledMask != 0 {
		bits, err := strconv.Atoi(value)
		if err != nil {
			slog.Warn("a user is taken for disabled: what says otherwise is no number", "entry", e.DN, "domain", d.domainID)
			return false
		}
		return bits&d.enabledMask != d.enabledMask
	}
	if _, read := d.users.attributes["enabled"]; !read { // ignored, so that nobody is disabled
		return true
	}
	return strings.EqualFold(value, "true") != d.enabledInvert
}

// group is an entry as a group of the domain.
func (d *Directory) group(e *ldap.Entry) keystone.Group {
	g := keystone.Group{ID: d.groups.idOf(e), DomainID: d.domainID, Extra: d.groups.extras(e)}
	g.Name, _ = d.groups.value(e, "name")
	g.Description, _ = d.groups.value(e, "description")
	return g
}
