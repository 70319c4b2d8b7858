package api

import (
	"encoding/json"
	"time"

	"cumulet/keystone"
)

// isotime is how keystone writes moments. As keystone/common/utils.py, isotime(subsecond=True).
func isotime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// timeOrNull shows no moment as null.
func timeOrNull(t *time.Time) any {
	if t == nil {
		return nil
	}
	return isotime(*t)
}

// tokenView is a token as keystone/common/render_token.py shows it, without its catalog.
func tokenView(t keystone.Token) view {
	v := view{
		"methods": t.Methods, "audit_ids": t.AuditIDs, "issued_at": isotime(t.IssuedAt), "expires_at": isotime(t.ExpiresAt),
		"user": view{
			"id": t.User.ID, "name": t.User.Name, "domain": brief(t.UserDomain),
			"password_expires_at": timeOrNull(t.User.PasswordExpiresAt),
		},
	}
	if f := t.Federated; f != nil {
		groups := make([]view, len(f.GroupIDs))
		for i, id := range f.GroupIDs {
			groups[i] = view{"id": id}
		}
		user := v["user"].(view)
		user["OS-FEDERATION"] = view{"groups": groups, "identity_provider": view{"id": f.IdentityProviderID}, "protocol": view{"id": f.ProtocolID}}
		delete(user, "password_expires_at")
	}
	if t.Scope.Kind != keystone.Unscoped {
		v["roles"] = roleBriefs(t.Roles)
	}
	switch t.Scope.Kind {
	case keystone.OnSystem:
		v["system"] = view{"all": true}
	case keystone.OnDomain:
		v["domain"] = brief(t.Domain)
	case keystone.OnProject:
		v["project"] = view{"id": t.Project.ID, "name": t.Project.Name, "domain": brief(t.Domain)}
		v["is_domain"] = t.Project.IsDomain
	}
	if trust := t.Trust; trust != nil {
		delete(v, "is_domain") // which upstream leaves out here
		v["OS-TRUST:trust"] = view{
			"id": trust.ID, "impersonation": trust.Impersonation, "trustor_user": view{"id": trust.TrustorID}, "trustee_user": view{"id": trust.TrusteeID},
		}
	}
	if a := t.AccessToken; a != nil {
		v["OS-OAUTH1"] = view{"access_token_id": a.ID, "consumer_id": a.ConsumerID}
	}
	if a := t.ApplicationCredential; a != nil {
		credential := view{"id": a.ID, "name": a.Name, "restricted": a.Restricted()}
		if len(a.AccessRules) > 0 {
			credential["access_rules"] = a.AccessRules
		}
		v["application_credential"] = credential
	}
	return v
}

// renderToken is a token's JSON, without its catalog.
func renderToken(t keystone.Token) (json.RawMessage, error) { return json.Marshal(tokenView(t)) }

// brief names a project or domain.
func brief(p keystone.Project) view { return view{"id": p.ID, "name": p.Name} }

func roleBriefs(roles []keystone.Role) []view {
	views := make([]view, len(roles))
	for i, r := range roles {
		views[i] = view{"id": r.ID, "name": r.Name}
	}
	return views
}

// renderCatalog is a catalog's JSON.
func renderCatalog(entries []keystone.CatalogEntry) (json.RawMessage, error) {
	views := make([]view, len(entries))
	for i, e := range entries {
		endpoints := make([]view, len(e.Endpoints))
		for j, at := range e.Endpoints {
			endpoints[j] = view{
				"id": at.ID, "interface": at.Interface, "url": at.URL, "region": orNull(at.RegionID), "region_id": orNull(at.RegionID),
			}
		}
		views[i] = view{"id": e.Service.ID, "type": e.Service.Type, "name": e.Service.Name, "endpoints": endpoints}
	}
	return json.Marshal(views)
}
