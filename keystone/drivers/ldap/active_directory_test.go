package ldap_test

import (
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/jimlambrt/gldap"

	"cumulet/keystone"
	"cumulet/oslo/fault"
	"cumulet/oslo/service/servicetest"
)

// spoken is a directory that answers as a function says, for what slapd cannot be or would not do.
func spoken(t *testing.T, answer func(base, filter string, attributes []string) []*gldap.Entry) (url string) {
	t.Helper()
	s, err := gldap.NewServer(gldap.WithLogger(hclog.New(&hclog.LoggerOptions{Output: io.Discard})))
	if err != nil {
		t.Fatal(err)
	}
	mux, err := gldap.NewMux()
	if err != nil {
		t.Fatal(err)
	}
	bind := func(w *gldap.ResponseWriter, r *gldap.Request) {
		_ = w.Write(r.NewBindResponse(gldap.WithResponseCode(gldap.ResultSuccess)))
	}
	search := func(w *gldap.ResponseWriter, r *gldap.Request) {
		m, err := r.GetSearchMessage()
		if err != nil {
			t.Error(err)
			return
		}
		for _, e := range answer(m.BaseDN, m.Filter, m.Attributes) {
			one := r.NewSearchResponseEntry(e.DN)
			for _, a := range e.Attributes {
				one.AddAttribute(a.Name, a.Values)
			}
			if w.Write(one) != nil {
				return // who asked has left
			}
		}
		_ = w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess)))
	}
	if err := mux.Bind(bind); err != nil {
		t.Fatal(err)
	}
	if err := mux.Search(search); err != nil {
		t.Fatal(err)
	}
	if err := s.Router(mux); err != nil {
		t.Fatal(err)
	}
	address := servicetest.Address(t)
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(address) }) // ends by Stop
	t.Cleanup(func() { _ = s.Stop(); running.Wait() })
	for end := time.Now().Add(10 * time.Second); ; {
		if c, err := net.Dial("tcp", address); err == nil {
			_ = c.Close()
			return "ldap://" + address
		}
		if time.Now().After(end) {
			t.Fatal("the directory does not come up")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

const guid = "\x33\x22\x11\x00\x55\x44\x77\x66\x88\x99\xaa\xbb\xcc\xdd\xee\xff" // as it is kept

var cn = regexp.MustCompile(`\(CN=(u[0-9]+)\)`)

func TestActiveDirectoryIsUnderstood(t *testing.T) {
	t.Parallel()
	const alice, staff = "CN=Alice,DC=corp", "CN=Staff,DC=corp"
	const many = 1700
	var asked sync.Map
	url := spoken(t, func(base, filter string, attributes []string) []*gldap.Entry {
		asked.Store(filter, true)
		group := gldap.NewEntry(staff, map[string][]string{"cn": {"Staff"}, "objectGUID": {guid}})
		switch {
		case strings.Contains(filter, "objectClass=group"):
			return []*gldap.Entry{group}
		case base == staff: // the members, in ranges of 1,500
			from := 0
			if _, bounds, ok := strings.Cut(attributes[0], ";range="); ok {
				first, _, _ := strings.Cut(bounds, "-")
				from, _ = strconv.Atoi(first)
			}
			to, last := from+1499, strconv.Itoa(from+1499)
			if to >= many-1 {
				to, last = many-1, "*"
			}
			var members []string
			for i := from; i <= to; i++ {
				members = append(members, fmt.Sprintf("CN=u%d,DC=corp", i))
			}
			return []*gldap.Entry{gldap.NewEntry(staff, map[string][]string{"member": {}, fmt.Sprintf("member;range=%d-%s", from, last): members})}
		case strings.Contains(filter, "(CN=u"):
			var found []*gldap.Entry
			for _, m := range cn.FindAllStringSubmatch(filter, -1) {
				found = append(found, gldap.NewEntry("CN="+m[1]+",DC=corp", map[string][]string{"cn": {m[1]}, "objectGUID": {"id " + m[1]}, "userAccountControl": {"512"}}))
			}
			return found
		}
		return []*gldap.Entry{gldap.NewEntry(alice, map[string][]string{"cn": {"Alice"}, "objectGUID": {guid}, "userAccountControl": {"514"}})}
	})
	options := func(nested bool) keystone.DomainConfig {
		return keystone.DomainConfig{"ldap": {
			"url": url, "user": "cn=k", "password": "p", "user_tree_dn": "DC=corp", "group_tree_dn": "DC=corp", "query_scope": "sub",
			"user_id_attribute": "objectGUID", "user_name_attribute": "cn", "group_id_attribute": "objectGUID", "group_name_attribute": "cn", "group_objectclass": "group",
			"user_enabled_attribute": "userAccountControl", "user_enabled_mask": 2, "group_ad_nesting": nested,
		}}
	}
	d := open(t, options(true))
	const id = "00112233-4455-6677-8899-aabbccddeeff"
	u := must(d.User(t.Context(), id))(t)
	if u.ID != id || u.Enabled {
		t.Errorf("%+v", u)
	}
	must(d.GroupsOfUser(t.Context(), id))(t)
	must(d.UsersInGroup(t.Context(), id))(t)
	for _, filter := range []string{
		"(&(objectGUID=3\"\x11\\00UDwf\\88\\99\\aa\\bb\\cc\\dd\\ee\\ff)(objectClass=inetOrgPerson))",
		`(&(member:1.2.840.113556.1.4.1941:=CN=Alice,DC=corp)(objectClass=group))`,
		`(&(memberOf:1.2.840.113556.1.4.1941:=CN=Staff,DC=corp)(objectClass=inetOrgPerson))`,
	} {
		if _, was := asked.Load(filter); !was {
			t.Errorf("%s was not asked", filter)
			asked.Range(func(f, _ any) bool { t.Log(f); return true })
		}
	}
	d = open(t, options(false))
	if got := must(d.UsersInGroup(t.Context(), id))(t); len(got) != many {
		t.Errorf("%d of %d members", len(got), many)
	}
}

func TestADirectoryThatLiesIsCutOff(t *testing.T) {
	t.Parallel()
	endless := spoken(t, func(string, string, []string) []*gldap.Entry {
		e := gldap.NewEntry("cn=x,DC=corp", map[string][]string{"cn": {"x"}, "sn": {"x"}})
		all := make([]*gldap.Entry, 200_001)
		for i := range all {
			all[i] = e
		}
		return all
	})
	strange := spoken(t, func(string, string, []string) []*gldap.Entry {
		return []*gldap.Entry{
			gldap.NewEntry("", nil), gldap.NewEntry("no name at all", map[string][]string{"cn": {}, "sn": {" "}}),
			gldap.NewEntry("cn=y", map[string][]string{"cn": {"\xff\xfe"}, "sn": {"not text"}}),
			gldap.NewEntry("cn)(cn=*", map[string][]string{"cn": {"z", "z2"}, "sn": {"two ids"}, "member": {"x)(y=*,DC=corp", "=", "cn=\\"}, "ou": {"g"}}),
		}
	})
	config := func(url string) keystone.DomainConfig {
		return keystone.DomainConfig{"ldap": {"url": url, "user": "cn=k", "password": "p", "user_tree_dn": "DC=corp", "group_tree_dn": "DC=corp"}}
	}
	_, err := open(t, config(endless)).Users(t.Context(), keystone.Query{})
	refused(t, err, fault.Unavailable)
	d := open(t, config(strange))
	if got := must(d.Users(t.Context(), keystone.Query{}))(t); len(got) != 1 || got[0].ID != "z" {
		t.Errorf("%+v", got)
	}
	if got := must(d.UsersInGroup(t.Context(), "z"))(t); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
