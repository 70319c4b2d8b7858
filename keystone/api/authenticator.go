package api

import (
	"context"
	"errors"
	"net/http"

	"cumulet/keystone"
	"cumulet/keystone/auth"
	"cumulet/oslo/policy"
)

// Authenticator confirms the tokens of keystone's own requests, where the other services ask over HTTP.
type Authenticator struct{ Tokens *auth.Manager }

// Authenticate confirms the request's token.
func (a Authenticator) Authenticate(ctx context.Context, r *http.Request) (policy.Who, error) {
	text := r.Header.Get("X-Auth-Token")
	if text == "" {
		return policy.Who{}, keystone.Unauthorized(errors.New("no token in the request"))
	}
	t, err := a.Tokens.Validate(ctx, text, 0)
	if err != nil {
		return policy.Who{}, err
	}
	return auth.Who(t, text), nil
}
