package keystone

import (
	"fmt"

	"cumulet/oslo/fault"
)

// Named says of what failed which deed to what it was; nil stays nil.
func Named(deed, what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s %q: %w", deed, what, err)
	}
	return nil
}

// Names and texts are keystone/exception.py's.

// NotFound is the fault for a noun that is not there: "Could not find user: X.".
func NotFound(noun, id string) *fault.Fault {
	return fault.New(fault.NotFound, "NotFound", "Could not find %s: %s.", noun, id)
}

// AssignmentNotFound is the fault for a role not had.
func AssignmentNotFound(a Assignment) *fault.Fault {
	scope := a.ScopeID
	if a.ScopeKind == OnSystem {
		scope = "system"
	}
	return fault.New(fault.NotFound, "RoleAssignmentNotFound",
		"Could not find role assignment with role: %s, user or group: %s, project, domain, or system: %s.", a.RoleID, a.ActorID, scope)
}

// Conflict is the fault for what is there already.
func Conflict(noun, details string) *fault.Fault {
	return fault.New(fault.Conflict, "Conflict", "Conflict occurred attempting to store %s - %s.", noun, details)
}

// NameTaken is the conflict of names within a domain.
func NameTaken(noun, name, domainID string) *fault.Fault {
	return Conflict(noun, "Duplicate entry found with name "+name+" at domain ID "+domainID)
}

// Missing is the fault for a request without something.
func Missing(attribute, target string) *fault.Fault {
	return fault.New(fault.Invalid, "ValidationError", "Expecting to find %s in %s. The server could not comply with the request since it is either "+
		"malformed or otherwise incorrect. The client is assumed to be in error.", attribute, target)
}

// Invalid is the fault for a request that makes no sense.
func Invalid(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "ValidationError", format, args...)
}

// Forbidden is the fault for what the state of things or the caller's standing does not allow.
func Forbidden(format string, args ...any) *fault.Fault {
	return fault.New(fault.Forbidden, "Forbidden", format, args...)
}

// NotPermitted is the fault for what the caller may not: why stays private, as upstream hides it outside of its debug mode.
func NotPermitted(why error) *fault.Fault {
	return fault.New(fault.Forbidden, "Forbidden", "You are not authorized to perform the requested action.").Because(why)
}

// ActionForbidden is the fault for an action that the caller may not do.
func ActionForbidden(action string) *fault.Fault {
	return fault.New(fault.Forbidden, "ForbiddenAction", "You are not authorized to perform the requested action: %s.", action)
}

// ImmutableUpdate and ImmutableDelete refuse to touch what is protected. The lone quote is upstream's.
func ImmutableUpdate(noun, id string) *fault.Fault {
	return fault.New(fault.Forbidden, "ResourceUpdateForbidden",
		"Unable to update immutable %s resource: `%s. Set resource option \"immutable\" to false first.", noun, id)
}

// ImmutableDelete refuses to delete what is protected.
func ImmutableDelete(noun, id string) *fault.Fault {
	return fault.New(fault.Forbidden, "ResourceDeleteForbidden",
		"Unable to delete immutable %s resource: `%s. Set resource option \"immutable\" to false first.", noun, id)
}

// Unauthorized is the one answer to all failed authentication; why stays private, so that a guess teaches nothing.
func Unauthorized(why error) *fault.Fault {
	return fault.New(fault.Unauthorized, "Unauthorized", "The request you have made requires authentication.").Because(why)
}

// Expired is the fault for an end that has passed already.
func Expired() *fault.Fault {
	return fault.New(fault.Invalid, "ValidationExpirationError", "The 'expires_at' must not be before now. The server could not "+
		"comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.")
}
