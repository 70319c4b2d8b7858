package middleware

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// Middleware is a rest.Authenticator for one service.
type Middleware struct {
	Keystone *Keystone
	// ServiceType is the service's in the catalog ("compute"): access rules of application credentials name it.
	ServiceType string
	// Signatures are taken where a request has no token.
	Signatures Signatures
	// Delayed lets requests through that nobody is known to have sent, for the service to decide.
	Delayed bool
}

// Authenticate confirms a request's token, and its service token where there is one. With that of a service, the user's token
// may have expired meanwhile: long work goes on.
func (m *Middleware) Authenticate(ctx context.Context, r *http.Request) (policy.Who, error) {
	who, err := m.confirmed(ctx, r)
	if m.Delayed && fault.Is(err, fault.Unauthorized) {
		return policy.Who{}, nil
	}
	return who, err
}

// confirmed is who sent a request, by their token or signature.
func (m *Middleware) confirmed(ctx context.Context, r *http.Request) (policy.Who, error) {
	text := r.Header.Get("X-Auth-Token")
	if text == "" && m.Signatures != NoSignatures && isSigned(r) {
		return m.signed(ctx, r)
	}
	if text == "" {
		return policy.Who{}, unauthorized(errors.New("no token in the request"))
	}
	var serviceRoles []string
	if service := r.Header.Get("X-Service-Token"); service != "" {
		t, err := m.Keystone.Confirm(ctx, service, false)
		if err != nil {
			return policy.Who{}, err
		}
		serviceRoles = t.who(service).Roles
	}
	t, err := m.Keystone.Confirm(ctx, text, slices.Contains(serviceRoles, "service"))
	if err != nil {
		return policy.Who{}, err
	}
	if len(serviceRoles) == 0 && !t.allows(m.ServiceType, r) {
		return policy.Who{}, unauthorized(errors.New("no access rule of the application credential allows the request"))
	}
	who := t.who(text)
	who.ServiceRoles = serviceRoles
	return who, nil
}

// unauthorized is the one refusal; why stays private.
func unauthorized(why error) error {
	return fault.New(fault.Unauthorized, "Unauthorized", "The request you have made requires authentication.").Because(why)
}
