package keystone

// ActorKind is who has a role.
type ActorKind string

// The actors.
const (
	ToUser  ActorKind = "user"
	ToGroup ActorKind = "group"
)

// ScopeKind is where a role is had, and what a token is for.
type ScopeKind string

// The scopes. Unscoped tokens only serve to get others.
const (
	Unscoped  ScopeKind = ""
	OnProject ScopeKind = "project"
	OnDomain  ScopeKind = "domain"
	OnSystem  ScopeKind = "system"
)

// System is the id of the one system there is.
const System = "all"

// Scope is a place where roles are had.
type Scope struct {
	Kind ScopeKind
	ID   string
}

// Actor is a user or a group.
type Actor struct {
	Kind ActorKind
	ID   string
}

// Assignment gives an actor a role in a scope; Inherited ones count in all projects below the scope, and not in itself.
type Assignment struct {
	ActorKind ActorKind
	ActorID   string
	ScopeKind ScopeKind
	ScopeID   string
	RoleID    string
	Inherited bool
}

// Identity makes an assignment's events findable.
func (a Assignment) Identity() (id, projectID string) {
	if a.ScopeKind == OnProject {
		return a.ActorID, a.ScopeID
	}
	return a.ActorID, ""
}

// Actor is who is given the role.
func (a Assignment) Actor() Actor { return Actor{a.ActorKind, a.ActorID} }

// Scope is where.
func (a Assignment) Scope() Scope { return Scope{a.ScopeKind, a.ScopeID} }

// Effective is an assignment as it works, with what made it so.
type Effective struct {
	Assignment
	GroupID     string // through whose membership; "" when direct
	InheritedBy Scope  // from where; zero when direct
	PriorRoleID string // the role that implied this one; "" when direct
}

// AssignmentQuery narrows a list of assignments; zero members do not.
type AssignmentQuery struct {
	Actor     Actor
	Scope     Scope
	RoleID    string
	Inherited bool // only inherited ones
	// Subtree takes the projects below the scope's too.
	Subtree bool
}
