package api

import (
	"context"
	"time"

	"cumulet/keystone"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) revocationRoutes() []rest.Route {
	return []rest.Route{
		{Do: "GET /v3/OS-REVOKE/events", Rule: "identity:list_revoke_events", Status: 200, Run: rest.Get(a.listRevocations)},
	}
}

func (a *API) listRevocations(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	var since time.Time
	if text := c.Query().Get("since"); text != "" {
		var err error
		if since, err = parseTime(text); err != nil {
			return nil, err
		}
	}
	found, err := a.Tokens.DB.RevocationsSince(ctx, since)
	events := make([]view, len(found))
	for i, r := range found {
		events[i] = view{r.Kind.Attribute(): r.Subject, "issued_before": isotime(r.IssuedBefore), "revoked_at": isotime(r.RevokedAt)}
	}
	return view{"events": events, "links": view{"next": nil, "self": a.self(c), "previous": nil}}, err
}

// parseTime reads a moment as clients write it: with or without fractions, with a zone or in UTC.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05-0700"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, keystone.Invalid("Timestamp not in expected format. The server could not comply with the request since it is " +
		"either malformed or otherwise incorrect. The client is assumed to be in error.")
}
