package rest

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"cumulet/oslo/policy"
	"cumulet/oslo/telemetry"
)

// mostDecisions bounds what is kept of the rules that one request asked.
const mostDecisions = 8

// remember keeps what a rule said. A list asks the same rule for each of its things: once is enough.
func (c *Call) remember(d policy.Decision) {
	said := d.Rule
	if !d.Allowed {
		said += " refused: " + d.Why
	}
	if len(c.decisions) < mostDecisions && !slices.Contains(c.decisions, said) {
		c.decisions = append(c.decisions, said)
	}
}

// note writes into the request's span how it went: who asked, what rules said, the answer.
func (c *Call) note(ctx context.Context, status int) {
	attrs := make([]slog.Attr, 0, 4)
	attrs = append(attrs, slog.Int("status", status))
	if len(c.decisions) > 0 {
		attrs = append(attrs, slog.String("policy", strings.Join(c.decisions, ", ")))
	}
	if c.Who.UserID != "" {
		attrs = append(attrs, slog.String("user", c.Who.UserID))
	}
	if c.Who.ProjectID != "" {
		attrs = append(attrs, slog.String("project", c.Who.ProjectID))
		telemetry.Project(ctx, c.Who.ProjectID)
	}
	telemetry.Note(ctx, attrs...)
}

// Onward is an http.RoundTripper to other processes of the cloud: with the request go the id of the request that it is made for and
// the span, which is begun for the time on the way.
type Onward struct{ Transport http.RoundTripper }

// RoundTrip sends the request; the span ends with the answer's header.
func (o Onward) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	ctx, end := telemetry.Start(r.Context(), "http.send", slog.String("to", r.URL.Host), slog.String("path", r.URL.Path))
	defer func() { end(err) }()
	sent := r.Clone(ctx)
	telemetry.Send(ctx, sent.Header)
	return o.Transport.RoundTrip(sent)
}
