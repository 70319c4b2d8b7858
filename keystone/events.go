package keystone

// Event is a kind of entry in keystone's event log: its name, the type of the thing it carries as it then was, and when it is
// recorded. db.Tx.Record refuses what is not in the table.
type Event struct{ Name, Payload, When string }

// Events are all of them.
func Events() []Event {
	return []Event{
		{"identity.domain.created", "Project", "a domain was made"},
		{"identity.domain.updated", "Project", "it changed"},
		{"identity.domain.deleted", "Project", "it was deleted"},
		{"identity.project.created", "Project", "a project was made"},
		{"identity.project.updated", "Project", "it changed"},
		{"identity.project.deleted", "Project", "it was deleted"},
		{"identity.user.created", "User", "a user was made"},
		{"identity.user.updated", "User", "it changed, or its password did"},
		{"identity.user.deleted", "User", "it was deleted"},
		{"identity.group.created", "Group", "a group was made"},
		{"identity.group.updated", "Group", "it changed"},
		{"identity.group.deleted", "Group", "it was deleted"},
		{"identity.role.created", "Role", "a role was made"},
		{"identity.role.updated", "Role", "it changed"},
		{"identity.role.deleted", "Role", "it was deleted"},
		{"identity.region.created", "Region", "a region was made"},
		{"identity.region.updated", "Region", "it changed"},
		{"identity.region.deleted", "Region", "it was deleted"},
		{"identity.service.created", "Service", "a service of the catalog was made"},
		{"identity.service.updated", "Service", "it changed"},
		{"identity.service.deleted", "Service", "it was deleted"},
		{"identity.endpoint.created", "Endpoint", "an endpoint was made"},
		{"identity.endpoint.updated", "Endpoint", "it changed"},
		{"identity.endpoint.deleted", "Endpoint", "it was deleted"},
		{"identity.registered_limit.created", "RegisteredLimit", "a registered limit was made"},
		{"identity.registered_limit.updated", "RegisteredLimit", "it changed"},
		{"identity.registered_limit.deleted", "RegisteredLimit", "it was deleted"},
		{"identity.limit.created", "Limit", "a limit of a project or domain was made"},
		{"identity.limit.updated", "Limit", "it changed"},
		{"identity.limit.deleted", "Limit", "it was deleted; those of a project or domain that is deleted go with it unsaid"},
		{"identity.group.user_added", "Membership", "a user joined a group"},
		{"identity.group.user_removed", "Membership", "a user left it"},
		{"identity.implied_role.created", "ImpliedRole", "a role was made to imply another"},
		{"identity.implied_role.deleted", "ImpliedRole", "it implies it no more"},
		{"identity.role_assignment.created", "Assignment", "a role was given"},
		{"identity.role_assignment.deleted", "Assignment", "it was taken away"},
		{"identity.application_credential.created", "ApplicationCredential", "an application credential was made"},
		{"identity.application_credential.deleted", "ApplicationCredential", "it was deleted"},
		{"identity.authenticate", "SignIn", "a password was given, right or wrong; only where notifications of it are told"},
		{"identity.token.revoked", "Revocation", "a token was revoked"},
	}
}
