// Package policy decides who may do what: the rule language of oslo.policy, its defaults as Go tables in each service,
// operators' policy.yaml files over them, and why a rule said no. It knows no HTTP and no nouns.
package policy

import (
	"log/slog"
	"slices"
	"time"
)

// Who is the caller, as the token's validation told. The zero value is nobody.
type Who struct {
	UserID            string    `json:"user_id"`
	UserName          string    `json:"user_name"`
	UserDomainID      string    `json:"user_domain_id"`
	UserDomainName    string    `json:"user_domain_name"`
	ProjectID         string    `json:"project_id"`
	ProjectName       string    `json:"project_name"`
	ProjectDomainID   string    `json:"project_domain_id"`
	ProjectDomainName string    `json:"project_domain_name"`
	DomainID          string    `json:"domain_id"`
	DomainName        string    `json:"domain_name"`
	SystemScope       string    `json:"system_scope"` // "all" or ""
	TrustID           string    `json:"trust_id"`
	Roles             []string  `json:"roles"` // names, implied ones included
	ServiceRoles      []string  `json:"service_roles"`
	ExpiresAt         time.Time `json:"expires_at"`
	// Token is the caller's token, to act for them at another service; never logged, never on the bus.
	Token string `json:"-"`
}

// Has tells whether the caller has a role, by its name in lower case.
func (w Who) Has(role string) bool { return slices.Contains(w.Roles, role) }

// LogValue shows who, and no secret.
func (w Who) LogValue() slog.Value {
	return slog.GroupValue(slog.String("user_id", w.UserID), slog.String("project_id", w.ProjectID))
}

// Target is what is acted upon: attributes that rules compare with the caller's ("project_id").
type Target map[string]any

// Rule is a default: a name, its check in the rule language, and what it is for.
type Rule struct {
	Name, Check, Doc string
}

// Decision is an answer and, for a refusal, the part of the rule that failed.
type Decision struct {
	Allowed bool
	Rule    string
	Why     string
}
