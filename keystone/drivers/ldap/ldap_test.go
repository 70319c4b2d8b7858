package ldap_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"cumulet/keystone"
	"cumulet/keystone/drivers/ldap"
	"cumulet/keystone/drivers/ldap/ldaptest"
	"cumulet/oslo/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// configured is how keystone is told of a server; further options are names and values in turn.
func configured(s *ldaptest.Server, options ...any) keystone.DomainConfig {
	o := map[string]any{
		"url": s.URL, "user": ldaptest.Reader, "password": ldaptest.Password, "suffix": ldaptest.Suffix, "page_size": 50,
		"user_tree_dn": "ou=People," + ldaptest.Suffix, "user_id_attribute": "uid", "user_name_attribute": "cn",
		"group_tree_dn": "ou=Groups," + ldaptest.Suffix, "pool_retry_max": 0,
	}
	for i := 0; i < len(options); i += 2 {
		o[options[i].(string)] = options[i+1]
	}
	return keystone.DomainConfig{"ldap": o}
}

func open(t *testing.T, config keystone.DomainConfig) *ldap.Directory {
	t.Helper()
	d, err := ldap.Open("corp", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	return d
}

// must gives what was asked for.
func must[T any](what T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return what
	}
}

func names(users []keystone.User) string {
	list := []string{}
	for _, u := range users {
		list = append(list, u.Name)
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

func groupNames(groups []keystone.Group) string {
	list := []string{}
	for _, g := range groups {
		list = append(list, g.Name)
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

// refused asks that an error is a fault of a kind, and gives its text.
func refused(t *testing.T, err error, kind fault.Kind) string {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("%v, and no fault that is %s", err, kind)
	}
	return fault.Of(err).Text
}

func TestUsersAreReadAsTheyAreMapped(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	s.Person("alice", "Alice", "a", "mail", "alice@example.org", "mail", "second@example.org", "description", "who asks", "employeeNumber", "17", "enabled", "TRUE")
	s.Person("bob", "Bob", "b", "enabled", "FALSE")
	s.Person("carol", "Carol", "c")
	s.Add("cn=nobody,ou=People,"+ldaptest.Suffix, "inetOrgPerson", "sn", "has no uid")
	d := open(t, configured(s, "user_additional_attribute_mapping", []any{"employeeNumber:badge"}))
	u := must(d.User(t.Context(), "alice"))(t)
	want := map[string]any{"email": "alice@example.org", "description": "who asks", "badge": "17"}
	if u.ID != "alice" || u.Name != "Alice" || u.DomainID != "corp" || !u.Enabled || !maps.Equal(u.Extra, want) {
		t.Errorf("%+v", u)
	}
	if u := must(d.UserByName(t.Context(), "ALICE"))(t); u.ID != "alice" {
		t.Errorf("names have no case, and %q was found", u.ID)
	}
	if must(d.User(t.Context(), "bob"))(t).Enabled || !must(d.User(t.Context(), "carol"))(t).Enabled {
		t.Error("bob is disabled, and carol, of whom nothing is said, is not")
	}
	for _, q := range []struct {
		want string
		keystone.Condition
	}{
		{"Alice,Bob,Carol", keystone.Condition{Attribute: "domain_id", Value: "corp"}},
		{"Bob", keystone.Condition{Attribute: "name", Value: "Bob"}},
		{"Alice,Carol", keystone.Condition{Attribute: "enabled", Value: true}},
		{"Carol", keystone.Condition{Attribute: "name", Compare: keystone.StartsWith, Value: "ca"}},
		{"Carol", keystone.Condition{Attribute: "name", Compare: keystone.EndsWith, Value: "rol"}},
		{"Alice", keystone.Condition{Attribute: "name", Compare: keystone.Contains, Value: "lic"}},
		{"", keystone.Condition{Attribute: "name", Value: "*"}},
		{"", keystone.Condition{Attribute: "name", Compare: keystone.StartsWith, Value: "*)(uid=*"}},
		{"", keystone.Condition{Attribute: "default_project_id", Value: "p"}},
	} {
		if got := names(must(d.Users(t.Context(), keystone.Query{Where: []keystone.Condition{q.Condition}}))(t)); got != q.want {
			t.Errorf("%+v: %q, and not %q", q.Condition, got, q.want)
		}
	}
	if got := must(d.Users(t.Context(), keystone.Query{Limit: 2}))(t); len(got) != 2 {
		t.Errorf("%d users where two were wanted", len(got))
	}
}

func TestEnabledIsReadAsItIsKept(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	on := s.Person("on", "On", "p", "enabled", "TRUE", "userAccountControl", "512")
	s.Person("off", "Off", "p", "enabled", "FALSE", "userAccountControl", "514")
	s.Person("unsaid", "Unsaid", "p")
	s.Add("cn=enabled,"+ldaptest.Suffix, "groupOfNames", "member", on, "member", ldaptest.Reader)
	s.Add("cn=enabled_ids,"+ldaptest.Suffix, "posixGroup", "gidNumber", "1", "memberUid", "on")
	s.Add("cn=enabled_users,ou=People,"+ldaptest.Suffix, "groupOfNames", "member", on)
	for name, c := range map[string]struct {
		options []any
		enabled string
	}{
		"said":                            {nil, "On,Unsaid"},
		"defaulted":                       {[]any{"user_enabled_default", "False"}, "On"},
		"inverted":                        {[]any{"user_enabled_invert", true, "user_enabled_default", false}, "Off,Unsaid"},
		"bits":                            {[]any{"user_enabled_attribute", "userAccountControl", "user_enabled_mask", 2, "user_enabled_default", "512"}, "On,Unsaid"},
		"bits that are off":               {[]any{"user_enabled_attribute", "userAccountControl", "user_enabled_mask", 2.0, "user_enabled_default", "514"}, "On"},
		"ignored":                         {[]any{"user_attribute_ignore", []any{"enabled"}}, "Off,On,Unsaid"},
		"emulated":                        {[]any{"user_enabled_emulation", true, "user_enabled_emulation_dn", "CN=enabled, " + ldaptest.Suffix}, "On"},
		"emulated where it is by default": {[]any{"user_enabled_emulation", true, "user_id_attribute", "cn"}, "On"},
		"emulated by ids": {[]any{"user_enabled_emulation", true, "user_enabled_emulation_dn", "cn=enabled_ids," + ldaptest.Suffix,
			"user_enabled_emulation_use_group_config", true, "group_member_attribute", "memberUid", "group_members_are_ids", true}, "On"},
		"emulated by a group that is not there": {[]any{"user_enabled_emulation", true, "user_enabled_emulation_dn", "cn=nobody," + ldaptest.Suffix}, ""},
	} {
		d := open(t, configured(s, c.options...))
		list := must(d.Users(t.Context(), keystone.Query{}.And("domain_id", "corp")))(t)
		if got := names(slices.DeleteFunc(slices.Clone(list), func(u keystone.User) bool { return !u.Enabled })); got != c.enabled {
			t.Errorf("%s: %q are enabled, and not %q", name, got, c.enabled)
		}
		if len(list) != 3 {
			t.Errorf("%s: there are %d users: %s", name, len(list), names(list))
		}
		for _, u := range list {
			if one := must(d.User(t.Context(), u.ID))(t); one.Enabled != u.Enabled {
				t.Errorf("%s: %s alone is %v, and %v in the list", name, u.Name, one.Enabled, u.Enabled)
			}
		}
	}
}

func TestGroupsHaveTheMembersTheyName(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	alice, bob := s.Person("alice", "Alice", "a"), s.Person("bob", "Bob", "b")
	odd := s.Person(`o"d,d (x)*`, "Odd", "o")
	s.Add("ou=Others,"+ldaptest.Suffix, "organizationalUnit")
	stranger := "uid=bob,ou=Others," + ldaptest.Suffix // whose id reads like bob's
	s.Add(stranger, "inetOrgPerson", "cn", "Other Bob", "sn", "Bob")
	s.Group("both", strings.ToUpper(alice), bob)
	s.Group("strangers", stranger, "uid=gone,ou=People,"+ldaptest.Suffix)
	s.Group("odd (1)*", odd)
	s.Add("cn=ids,ou=Groups,"+ldaptest.Suffix, "posixGroup", "gidNumber", "1", "memberUid", "alice", "memberUid", "gone", "description", "by ids")
	d := open(t, configured(s, "group_name_attribute", "cn"))
	for group, want := range map[string]string{"both": "Alice,Bob", "strangers": "", "odd (1)*": "Odd"} {
		if got := names(must(d.UsersInGroup(t.Context(), group))(t)); got != want {
			t.Errorf("%q are in %s, and not %q", got, group, want)
		}
	}
	for user, want := range map[string]string{"alice": "both", "bob": "both", `o"d,d (x)*`: "odd (1)*"} {
		if got := groupNames(must(d.GroupsOfUser(t.Context(), user))(t)); got != want {
			t.Errorf("%s is in %q, and not in %q", user, got, want)
		}
	}
	if got := groupNames(must(d.Groups(t.Context(), keystone.Query{}.And("domain_id", "corp")))(t)); got != "both,odd (1)*,strangers" {
		t.Error(got)
	}
	if got := groupNames(must(d.Groups(t.Context(), keystone.Query{}.And("name", "both")))(t)); got != "both" {
		t.Error(got)
	}
	_, err := d.Group(t.Context(), "*")
	refused(t, err, fault.NotFound)
	_, err = d.UsersInGroup(t.Context(), "none")
	refused(t, err, fault.NotFound)

	d = open(t, configured(s, "group_objectclass", "posixGroup", "group_name_attribute", "cn", "group_member_attribute", "memberUid", "group_members_are_ids", "true"))
	if got := names(must(d.UsersInGroup(t.Context(), "ids"))(t)); got != "Alice" {
		t.Errorf("%q are named by their ids", got)
	}
	if got := must(d.GroupsOfUser(t.Context(), "alice"))(t); len(got) != 1 || got[0].Description != "by ids" {
		t.Errorf("%+v", got)
	}
}

func TestLargeAnswersComeInPages(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	const many = 2*ldaptest.MostAtOnce + 50
	var members []string
	for i := range many {
		members = append(members, s.Person(fmt.Sprintf("u%04d", i), fmt.Sprintf("User %d", i), "p"))
	}
	s.Group("all", members...)
	d := open(t, configured(s, "page_size", 100, "group_name_attribute", "cn"))
	if got := must(d.Users(t.Context(), keystone.Query{}))(t); len(got) != many {
		t.Errorf("%d of %d users", len(got), many)
	}
	if got := must(d.UsersInGroup(t.Context(), "all"))(t); len(got) != many {
		t.Errorf("%d of %d members", len(got), many)
	}
	if got := must(d.Users(t.Context(), keystone.Query{Limit: 120}))(t); len(got) != 120 {
		t.Errorf("%d users where 120 were wanted", len(got))
	}
	d = open(t, configured(s, "page_size", 0))
	if got := must(d.Users(t.Context(), keystone.Query{Limit: 120}))(t); len(got) != 120 {
		t.Errorf("%d users where 120 were wanted, without pages", len(got))
	}
	_, err := d.Users(t.Context(), keystone.Query{})
	if text := refused(t, err, fault.Unavailable); !strings.Contains(text, "exceeded size limit") {
		t.Error(text)
	}
}

func TestPasswordsAreTheDirectorys(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	s.Person("alice", "Alice", "right ☃")
	s.Person("locked", "Locked", "p")
	s.Set("uid=locked,ou=People,"+ldaptest.Suffix, "userPassword")
	for name, options := range map[string][]any{
		"pools": nil, "one pool": {"use_auth_pool", false}, "none": {"use_pool", false}, "below": {"query_scope", "sub", "user_tree_dn", ldaptest.Suffix},
	} {
		d := open(t, configured(s, options...))
		if err := d.Authenticate(t.Context(), "alice", "right ☃"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for who, password := range map[string]string{"alice": "wrong", "": "right ☃", "nobody": "right ☃", "*": "right ☃", "locked": "p", "alic*": "right ☃", "alice)(uid=*": "right ☃"} {
			refused(t, d.Authenticate(t.Context(), who, password), fault.Unauthorized)
		}
		for _, empty := range []string{"alice", "nobody", ""} {
			refused(t, d.Authenticate(t.Context(), empty, ""), fault.Unauthorized)
		}
		// Who has just failed, or signed in, is not who the next question is asked as.
		if got := names(must(d.Users(t.Context(), keystone.Query{}))(t)); got != "Alice,Locked" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTwoOfOneNameAreNobody(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	s.Person("one", "Same", "p")
	s.Person("two", "Same", "p")
	_, err := open(t, configured(s)).UserByName(t.Context(), "Same")
	refused(t, err, fault.Unavailable)
}

func TestConnectionsAreEncryptedAsConfigured(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	s.Person("alice", "Alice", "p")
	other := ldaptest.Start(t)
	for name, c := range map[string]struct {
		options []any
		fails   bool
	}{
		"ldaps":                         {[]any{"url", s.SecureURL, "tls_cacertfile", s.CAFile}, false},
		"StartTLS":                      {[]any{"use_tls", true, "tls_cacertfile", s.CAFile}, false},
		"ldaps of a stranger":           {[]any{"url", s.SecureURL, "tls_cacertfile", other.CAFile}, true},
		"StartTLS of a stranger":        {[]any{"use_tls", true, "tls_cacertfile", other.CAFile}, true},
		"a stranger who is let":         {[]any{"use_tls", true, "tls_req_cert", "never"}, false},
		"whom the system does not know": {[]any{"url", s.SecureURL}, true},
		"no TLS on that port":           {[]any{"url", strings.Replace(s.SecureURL, "ldaps", "ldap", 1), "pool_connection_timeout", 1}, true},
		"the second of two":             {[]any{"url", "ldap://127.0.0.1:1," + s.URL}, false},
		"the second of two, by chance":  {[]any{"url", "ldap://127.0.0.1:1 " + s.URL, "randomize_urls", true}, false},
	} {
		d := open(t, configured(s, c.options...))
		_, err := d.User(t.Context(), "alice")
		if c.fails != (err != nil) {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			refused(t, err, fault.Unavailable)
		}
	}
}

func TestARestartIsOvercome(t *testing.T) {
	t.Parallel()
	s := ldaptest.Start(t)
	s.Person("alice", "Alice", "p")
	d := open(t, configured(s))
	ask := func() error {
		_, err := d.User(t.Context(), "alice")
		return errors.Join(err, d.Authenticate(t.Context(), "alice", "p"))
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	s.Restart()
	if err := ask(); err != nil {
		t.Errorf("the connections that were kept are dead, and: %v", err)
	}
	s.Kill()
	refused(t, ask(), fault.Unavailable)
	s.Restart()
	end := time.Now().Add(20 * time.Second)
	for err := ask(); err != nil; err = ask() {
		if time.Now().After(end) {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A directory that takes connections and says nothing.
func mute(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var held sync.WaitGroup
	t.Cleanup(func() { l.Close(); held.Wait() })
	held.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			held.Go(func() {
				defer c.Close()
				for b := make([]byte, 1024); ; {
					if _, err := c.Read(b); err != nil {
						return
					}
				}
			})
		}
	})
	return "ldap://" + l.Addr().String()
}

func TestADirectoryThatSaysNothingIsLeft(t *testing.T) {
	t.Parallel()
	d := open(t, keystone.DomainConfig{"ldap": {"url": mute(t), "user": "cn=k", "password": "p", "pool_connection_timeout": 1, "pool_size": 2, "pool_retry_max": 0}})
	began := time.Now()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := d.User(context.Background(), "alice")
			if !fault.Is(err, fault.Unavailable) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("twenty who asked two connections waited %s: each for a second, one after another", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	time.Sleep(1100 * time.Millisecond) // until it is tried again
	if _, err := d.User(ctx, "alice"); err == nil {
		t.Error("who asked has left")
	}
}

func TestSenselessConfigurationsAreRefused(t *testing.T) {
	t.Parallel()
	const secret = "Tr0ub4dor"
	for option, value := range map[string]any{
		"url": "http://" + secret, "page_size": secret, "query_scope": secret, "alias_dereferencing": secret, "user_tree_dn": secret,
		"user_filter": "(" + secret, "user_id_attribute": "uid)(x=" + secret, "user_name_attribute": "", "use_tls": secret,
		"tls_req_cert": secret, "tls_cacertfile": "/nowhere/" + secret, "pool_size": 0.5, "user_enabled_mask": -1,
		"user_attribute_ignore": map[string]any{"x": secret}, "group_additional_attribute_mapping": secret, "password": []any{secret},
		"group_member_attribute": "a b", "group_objectclass": "x y",
	} {
		_, err := ldap.Open("corp", keystone.DomainConfig{"ldap": {option: value}})
		if err == nil || !strings.Contains(err.Error(), option) {
			t.Errorf("%s: %v", option, err)
		}
		if option != "tls_cacertfile" && strings.Contains(fmt.Sprint(err), secret) {
			t.Errorf("%s: the error shows the value: %v", option, err)
		}
	}
	_, err := ldap.Open("corp", keystone.DomainConfig{"ldap": {"url": "ldaps://h", "use_tls": true}})
	if err == nil {
		t.Error("a connection cannot be encrypted twice")
	}
}
