package auth

import (
	"strings"

	"cumulet/keystone"
	"cumulet/oslo/policy"
)

// Who is the holder of a token, as policies see them.
func Who(t keystone.Token, text string) policy.Who {
	w := policy.Who{
		UserID: t.User.ID, UserName: t.User.Name, UserDomainID: t.UserDomain.ID, UserDomainName: t.UserDomain.Name,
		ExpiresAt: t.ExpiresAt, Token: text,
	}
	for _, r := range t.Roles {
		w.Roles = append(w.Roles, strings.ToLower(r.Name))
	}
	switch t.Scope.Kind {
	case keystone.OnProject:
		w.ProjectID, w.ProjectName = t.Project.ID, t.Project.Name
		w.ProjectDomainID, w.ProjectDomainName = t.Domain.ID, t.Domain.Name
	case keystone.OnDomain:
		w.DomainID, w.DomainName = t.Domain.ID, t.Domain.Name
	case keystone.OnSystem:
		w.SystemScope = keystone.System
	}
	return w
}
