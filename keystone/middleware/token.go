package middleware

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"cumulet/oslo/policy"
)

// Token is what keystone says of a token.
type Token struct {
	ExpiresAt time.Time `json:"expires_at"`
	User      named     `json:"user"`
	Project   *named    `json:"project"`
	Domain    *named    `json:"domain"`
	System    *struct {
		All bool `json:"all"`
	} `json:"system"`
	Roles []named `json:"roles"`
	Trust *named  `json:"OS-TRUST:trust"`
	// ApplicationCredential is set where the token was got with one.
	ApplicationCredential *struct {
		AccessRules []accessRule `json:"access_rules"`
	} `json:"application_credential"`
}

// named is a thing with its name and, for users and projects, its domain.
type named struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Domain struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"domain"`
}

type accessRule struct {
	Service string `json:"service"`
	Method  string `json:"method"`
	Path    string `json:"path"`
}

// who is the token's holder, as policies see them.
func (t *Token) who(text string) policy.Who {
	w := policy.Who{
		UserID: t.User.ID, UserName: t.User.Name, UserDomainID: t.User.Domain.ID, UserDomainName: t.User.Domain.Name,
		ExpiresAt: t.ExpiresAt, Token: text,
	}
	if p := t.Project; p != nil {
		w.ProjectID, w.ProjectName, w.ProjectDomainID, w.ProjectDomainName = p.ID, p.Name, p.Domain.ID, p.Domain.Name
	}
	if d := t.Domain; d != nil {
		w.DomainID, w.DomainName = d.ID, d.Name
	}
	if t.System != nil && t.System.All {
		w.SystemScope = "all"
	}
	if t.Trust != nil {
		w.TrustID = t.Trust.ID
	}
	for _, r := range t.Roles {
		w.Roles = append(w.Roles, strings.ToLower(r.Name))
	}
	return w
}

// allows tells whether the token's access rules, if it has any, allow a request to a service.
func (t *Token) allows(service string, r *http.Request) bool {
	if t.ApplicationCredential == nil || len(t.ApplicationCredential.AccessRules) == 0 {
		return true
	}
	for _, rule := range t.ApplicationCredential.AccessRules {
		if rule.Service == service && rule.Method == r.Method && pathPattern(rule.Path).MatchString(r.URL.Path) {
			return true
		}
	}
	return false
}

// wild are the parts of a rule's path that stand for others: {name} and * for one segment, ** for any number.
var wild = regexp.MustCompile(`\{[^}]*\}|\*\*|\*`)

// pathPattern is a rule's path as a regular expression. As keystonemiddleware/auth_token/__init__.py, _path_matches.
func pathPattern(path string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString("^")
	for path != "" {
		at := wild.FindStringIndex(path)
		if at == nil {
			at = []int{len(path), len(path)}
		}
		b.WriteString(regexp.QuoteMeta(path[:at[0]]))
		switch part := path[at[0]:at[1]]; part {
		case "":
		case "**":
			b.WriteString(".*")
		default:
			b.WriteString("[^/]+")
		}
		path = path[at[1]:]
	}
	return regexp.MustCompile(b.String() + "$") // quoted, so it compiles
}
