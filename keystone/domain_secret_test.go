package keystone_test

import (
	"fmt"
	"testing"

	"cumulet/keystone"
)

// TestSecretsStandWhereTheyAreReferredTo holds texts to what Python's % makes of them in keystone/resource/core.py.
func TestSecretsStandWhereTheyAreReferredTo(t *testing.T) {
	t.Parallel()
	secrets := keystone.DomainConfig{"ldap": {"password": "s3cr%(t)s", "pin": 12.0}}
	for text, want := range map[string]string{
		"ldap://host": "ldap://host", "": "", "%(password)s": "s3cr%(t)s", "a%(password)sb%(password)sc": "as3cr%(t)sbs3cr%(t)sc",
		"%(pin)s": "12", "100%%": "100%", "%%(password)s": "%(password)s",
		// and these stay, and are complained of
		"%(passssword)s": "", "%(password": "", "%(password)": "", "%(password)d": "", "100%": "", "%s": "", "%(other)s%(password)s": "",
	} {
		wantDangling := "[]"
		if want == "" && text != "" {
			want, wantDangling = text, "[ldap.url]"
		}
		config := keystone.DomainConfig{"ldap": {"url": text, "page_size": 7.0}}
		whole, dangling := config.With(secrets)
		if whole["ldap"]["url"] != want || fmt.Sprint(dangling) != wantDangling {
			t.Errorf("%q becomes %q, and dangling are %v; want %q, %s", text, whole["ldap"]["url"], dangling, want, wantDangling)
		}
		if whole["ldap"]["page_size"] != 7.0 || whole["ldap"]["password"] != "s3cr%(t)s" {
			t.Errorf("%q: the others are %v", text, whole)
		}
		if config["ldap"]["url"] != text || config["ldap"]["password"] != nil {
			t.Errorf("%q: what is shown is changed to %v", text, config)
		}
	}
}
