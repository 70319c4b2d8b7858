package telemetry

import "context"

// Actor is who asked for what is done, and from where: events tell it to auditors. No decision is taken by it.
type Actor struct {
	UserID          string   `json:"user_id,omitempty"`
	UserName        string   `json:"user_name,omitempty"`
	UserDomainID    string   `json:"user_domain_id,omitempty"`
	ProjectID       string   `json:"project_id,omitempty"`
	ProjectName     string   `json:"project_name,omitempty"`
	ProjectDomainID string   `json:"project_domain_id,omitempty"`
	DomainID        string   `json:"domain_id,omitempty"`
	Roles           []string `json:"roles,omitempty"`
	Address         string   `json:"address,omitempty"` // the caller's, as the API sees it
	Agent           string   `json:"agent,omitempty"`   // the caller's program, as it names itself
}

type actorKey struct{}

// WithActor returns a context whose events tell who asked for them.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, &a)
}

// OnBehalf is WithActor where somebody is known to have asked.
func OnBehalf(ctx context.Context, a *Actor) context.Context {
	if a == nil {
		return ctx
	}
	return WithActor(ctx, *a)
}

// ActorOf is who asked for the work of ctx; nil when nobody did, or when nobody knows any more.
func ActorOf(ctx context.Context) *Actor {
	a, _ := ctx.Value(actorKey{}).(*Actor)
	return a
}
