package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/auth"
	"cumulet/keystone/kept"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) tokenRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/auth/tokens", Rule: rest.Public, In: rest.Body(authSchema), Status: 201, Unkept: true, Run: rest.Get(a.createToken)},
		{Do: "GET /v3/auth/tokens", Rule: "identity:validate_token", Status: 200, Run: rest.Get(a.showToken)},
		{Do: "HEAD /v3/auth/tokens", Rule: "identity:check_token", Status: 200, Run: rest.Get(a.showToken)},
		{Do: "DELETE /v3/auth/tokens", Rule: "identity:revoke_token", Status: 204, Run: rest.Do(a.deleteToken)},
		{Do: "GET /v3/auth/catalog", Rule: "identity:get_auth_catalog", Status: 200, Run: rest.Get(a.showCatalog)},
		{Do: "GET /v3/auth/projects", Rule: "identity:get_auth_projects", Status: 200, Run: rest.Get(a.listAuthProjects)},
		{Do: "GET /v3/auth/domains", Rule: "identity:get_auth_domains", Status: 200, Run: rest.Get(a.listAuthDomains)},
		{Do: "GET /v3/auth/system", Rule: "identity:get_auth_system", Status: 200, Run: rest.Get(a.showAuthSystem)},
	}
}

const (
	subjectHeader = "X-Subject-Token"
	receiptHeader = "Openstack-Auth-Receipt"
)

func (a *API) createToken(ctx context.Context, c *rest.Call) (json.RawMessage, error) {
	var in authBody
	if err := json.Unmarshal(c.Raw, &in); err != nil {
		return nil, keystone.Missing("valid JSON", "request body")
	}
	request, err := in.request()
	if err != nil {
		return nil, err
	}
	request.Receipt = c.Request.Header.Get(receiptHeader)
	a.proveExternally(c, &request)
	if slices.Contains(request.Methods, "oauth1") {
		if request.Credentials.OAuth, err = a.signed(c, "oauth_token"); err != nil {
			return nil, err
		}
	}
	text, t, err := a.Tokens.Authenticate(ctx, request)
	if more := (*keystone.MoreFactors)(nil); errors.As(err, &more) {
		return a.receiptAnswer(c, more.Receipt)
	}
	if err != nil {
		return nil, err
	}
	c.Header().Set("Vary", "X-Auth-Token")
	c.Header().Set(subjectHeader, text)
	return a.tokenAnswer(ctx, c, t)
}

// receiptAnswer is the refusal of who has proven something, and must prove more. As keystone/receipt/handlers.py, build_receipt.
func (a *API) receiptAnswer(c *rest.Call, r keystone.Receipt) (json.RawMessage, error) {
	text, err := a.Tokens.IssueReceipt(r)
	if err != nil {
		return nil, err
	}
	c.Header().Set(receiptHeader, text)
	c.SetStatus(http.StatusUnauthorized)
	return json.Marshal(view{
		"receipt": view{
			"methods": r.Methods, "user": view{"id": r.User.ID, "name": r.User.Name, "domain": brief(r.UserDomain)},
			"expires_at": isotime(r.ExpiresAt), "issued_at": isotime(r.IssuedAt),
		},
		"required_auth_methods": r.Required,
	})
}

// subject confirms the token that a request is about and asks whether the caller may.
func (a *API) subject(ctx context.Context, c *rest.Call, window time.Duration) (string, keystone.Token, error) {
	text := c.Request.Header.Get(subjectHeader)
	var t keystone.Token
	var err error
	if text != "" {
		t, err = a.Tokens.Validate(ctx, text, window)
	}
	if denied := c.Authorize(policy.Target{"target.token.user_id": t.User.ID}); denied != nil && err == nil {
		return "", t, denied
	}
	if text == "" {
		return "", t, fault.New(fault.NotFound, "TokenNotFound", "No token in the request")
	}
	return text, t, auth.NotConfirmed(err)
}

func (a *API) showToken(ctx context.Context, c *rest.Call) (json.RawMessage, error) {
	var window time.Duration
	if asked(c, "allow_expired") {
		window = a.Config.AllowExpiredWindow
	}
	text, t, err := a.subject(ctx, c, window)
	if err != nil {
		return nil, err
	}
	// Who does not know access rules must not take such a token for an unbounded one. As keystone/token/provider.py,
	// _validate_token_access_rules.
	if rules := t.ApplicationCredential; rules != nil && len(rules.AccessRules) > 0 &&
		c.Request.Header.Get("OpenStack-Identity-Access-Rules") == "" {
		return nil, fault.New(fault.NotFound, "TokenNotFound", "Token could not be authorized")
	}
	c.Header().Set("Vary", "X-Auth-Token")
	c.Header().Set(subjectHeader, text)
	hash := sha256.Sum256([]byte(text)) // so that nothing holds it
	shown, err := a.Kept.Get(ctx, kept.Question{Kind: "token", Key: string(hash[:])}, func() (json.RawMessage, error) {
		// Concluded once more: what was before the memory was asked may be older than what it remembers the answer by.
		now, err := a.Tokens.Validate(ctx, text, window)
		if err != nil {
			return nil, auth.NotConfirmed(err)
		}
		return renderToken(now)
	})
	if err != nil {
		return nil, err
	}
	return a.shownToken(ctx, c, t, shown)
}

func (a *API) deleteToken(ctx context.Context, c *rest.Call) error {
	_, t, err := a.subject(ctx, c, 0)
	if err != nil {
		return err
	}
	return a.Tokens.Revoke(ctx, t)
}

// tokenAnswer is the answer about a new token.
func (a *API) tokenAnswer(ctx context.Context, c *rest.Call, t keystone.Token) (json.RawMessage, error) {
	shown, err := renderToken(t)
	if err != nil {
		return nil, err
	}
	return a.shownToken(ctx, c, t, shown)
}

// shownToken is a token as it was rendered, with the catalog unless it is scoped nowhere or nobody wants it.
func (a *API) shownToken(ctx context.Context, c *rest.Call, t keystone.Token, shown json.RawMessage) (json.RawMessage, error) {
	if _, without := c.Query()["nocatalog"]; !without && t.Scope.Kind != keystone.Unscoped {
		owner := t.UserID
		if t.Trust != nil {
			owner = t.Trust.TrustorID
		}
		catalog, err := a.Catalog.Catalog(ctx, owner, t.Project.ID, renderCatalog)
		if err != nil {
			return nil, err
		}
		shown = rest.With(shown, "catalog", catalog)
	}
	providers, err := a.Federation.Shown(ctx, renderServiceProviders)
	if err != nil {
		return nil, err
	}
	if providers != nil {
		shown = rest.With(shown, "service_providers", providers)
	}
	return rest.With(json.RawMessage("{}"), "token", shown), nil
}

func (a *API) showCatalog(ctx context.Context, c *rest.Call) (json.RawMessage, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	if c.Who.ProjectID == "" {
		return nil, keystone.NotPermitted(errors.New("a project-scoped token is required to produce a service catalog"))
	}
	catalog, err := a.Catalog.Catalog(ctx, c.Who.UserID, c.Who.ProjectID, renderCatalog)
	if err != nil {
		return nil, err
	}
	beside, err := json.Marshal(view{"links": view{"self": a.self(c)}})
	return rest.With(beside, "catalog", catalog), err
}

// toldGroups are the groups that an identity provider told of when the caller's token was got.
func (a *API) toldGroups(ctx context.Context, c *rest.Call) ([]string, error) {
	t, err := a.Tokens.Validate(ctx, c.Who.Token, 0)
	if err != nil || t.Federated == nil {
		return nil, err
	}
	return t.Federated.GroupIDs, nil
}

func (a *API) listAuthProjects(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	groups, err := a.toldGroups(ctx, c)
	if err != nil {
		return nil, err
	}
	projects, err := a.Assignment.ProjectsOf(ctx, c.Who.UserID, groups...)
	return collection(a, c, "projects", projects, projectView), err
}

func (a *API) listAuthDomains(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	groups, err := a.toldGroups(ctx, c)
	if err != nil {
		return nil, err
	}
	domains, err := a.Assignment.DomainsOf(ctx, c.Who.UserID, groups...)
	return collection(a, c, "domains", domains, domainView), err
}

func (a *API) showAuthSystem(ctx context.Context, c *rest.Call) (view, error) {
	if err := c.Authorize(c.Mine()); err != nil {
		return nil, err
	}
	groups, err := a.toldGroups(ctx, c)
	if err != nil {
		return nil, err
	}
	on, err := a.Assignment.OnSystem(ctx, c.Who.UserID, groups...)
	system := []view{}
	if on {
		system = append(system, view{"all": true})
	}
	return view{"system": system, "links": view{"self": a.self(c)}}, err
}
