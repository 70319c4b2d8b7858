package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/oauth1"
)

// consumer is a program that signs its requests with gophercloud.
type consumer struct {
	*cloud
	id, secret string
	projectID  string
}

func newConsumer(t *testing.T) *consumer {
	t.Helper()
	c := newCloud(t)
	c.clock.advance(time.Since(c.clock.Now())) // gophercloud signs by the real one
	c.admin = c.signIn("admin", adminPassword, project("admin"))
	made := c.must(201, "POST", "/v3/OS-OAUTH1/consumers", object{"consumer": object{"description": "d"}})
	return &consumer{
		cloud: c, id: word(made, "consumer", "id"), secret: word(made, "consumer", "secret"),
		projectID: word(c.must(200, "GET", "/v3/projects?name=admin", nil), "projects", 0, "id"),
	}
}

// client is a client with a token, or none.
func (c *consumer) client(token string) *gophercloud.ServiceClient {
	provider := &gophercloud.ProviderClient{HTTPClient: *http.DefaultClient}
	provider.SetToken(token)
	return &gophercloud.ServiceClient{ProviderClient: provider, Endpoint: c.url + "/v3/"}
}

func (c *consumer) ask(t *testing.T, secret string) (*oauth1.Token, error) {
	t.Helper()
	return oauth1.RequestToken(t.Context(), c.client(""), oauth1.RequestTokenOpts{
		OAuthConsumerKey: c.id, OAuthConsumerSecret: secret, OAuthSignatureMethod: oauth1.HMACSHA1, RequestedProjectID: c.projectID,
	}).Extract()
}

func (c *consumer) authorize(t *testing.T, id, role string) string {
	t.Helper()
	a, err := oauth1.AuthorizeToken(t.Context(), c.client(c.admin), id, oauth1.AuthorizeTokenOpts{Roles: []oauth1.Role{{Name: role}}}).Extract()
	if err != nil {
		t.Fatal(err)
	}
	return a.OAuthVerifier
}

func (c *consumer) grant(t *testing.T, asked *oauth1.Token, verifier string) (*oauth1.Token, error) {
	t.Helper()
	return oauth1.CreateAccessToken(t.Context(), c.client(""), oauth1.CreateAccessTokenOpts{
		OAuthConsumerKey: c.id, OAuthConsumerSecret: c.secret, OAuthToken: asked.OAuthToken, OAuthTokenSecret: asked.OAuthTokenSecret,
		OAuthVerifier: verifier, OAuthSignatureMethod: oauth1.HMACSHA1,
	}).Extract()
}

func (c *consumer) enter(t *testing.T, access *oauth1.Token, secret string) (string, error) {
	t.Helper()
	r := oauth1.Create(t.Context(), c.client(""), oauth1.AuthOptions{
		OAuthConsumerKey: c.id, OAuthConsumerSecret: c.secret, OAuthToken: access.OAuthToken, OAuthTokenSecret: secret,
		OAuthSignatureMethod: oauth1.HMACSHA1,
	})
	token, err := r.ExtractTokenID()
	return token, err
}

// access is an access token with a role.
func (c *consumer) access(t *testing.T, role string) *oauth1.Token {
	t.Helper()
	asked, err := c.ask(t, c.secret)
	if err != nil {
		t.Fatal(err)
	}
	access, err := c.grant(t, asked, c.authorize(t, asked.OAuthToken, role))
	if err != nil {
		t.Fatal(err)
	}
	return access
}

func TestAConsumerActsForAUser(t *testing.T) {
	t.Parallel()
	c := newConsumer(t)
	asked, err := c.ask(t, c.secret)
	if err != nil || asked.OAuthExpiresAt == nil {
		t.Fatal(err)
	}
	if _, err := c.ask(t, "x"); !gophercloud.ResponseCodeIs(err, 401) {
		t.Errorf("by another secret: %v", err)
	}
	if _, err := c.grant(t, asked, "unasked!"); !gophercloud.ResponseCodeIs(err, 401) {
		t.Errorf("before anybody said yes: %v", err)
	}
	verifier := c.authorize(t, asked.OAuthToken, "reader")
	if _, err := c.grant(t, asked, "another!"); !gophercloud.ResponseCodeIs(err, 401) {
		t.Errorf("by another verifier: %v", err)
	}
	access, err := c.grant(t, asked, verifier)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.grant(t, asked, verifier); !gophercloud.ResponseCodeIs(err, 404) {
		t.Errorf("a second time: %v", err)
	}
	token, err := c.enter(t, access, access.OAuthTokenSecret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.enter(t, access, "x"); !gophercloud.ResponseCodeIs(err, 401) {
		t.Errorf("by another secret: %v", err)
	}
	shown := c.cloud.ask("GET", "/v3/auth/tokens", c.admin, nil, "X-Subject-Token", token)
	if shown.status != 200 || word(shown.body, "token", "user", "name") != "admin" || word(shown.body, "token", "project", "id") != c.projectID ||
		word(shown.body, "token", "OS-OAUTH1", "consumer_id") != c.id || word(shown.body, "token", "OS-OAUTH1", "access_token_id") != access.OAuthToken ||
		word(shown.body, "token", "methods", 0) != "oauth1" || len(at(shown.body, "token", "roles").([]any)) != 1 {
		t.Errorf("shown %d %s", shown.status, shown.text)
	}
	adminID := word(shown.body, "token", "user", "id")
	for request, body := range map[string]any{
		"POST /v3/auth/tokens":                                   object{"auth": object{"identity": object{"methods": []string{"token"}, "token": object{"id": token}}}},
		"POST /v3/OS-TRUST/trusts":                               object{"trust": object{"trustor_user_id": adminID, "trustee_user_id": adminID, "impersonation": false}},
		"POST /v3/credentials":                                   secretBody(adminID),
		"POST /v3/users/" + adminID + "/application_credentials": object{"application_credential": object{"name": "n"}},
	} {
		method, path, _ := strings.Cut(request, " ")
		if a := c.cloud.ask(method, path, token, body); a.status != 403 {
			t.Errorf("what was lent makes what stays: %s: %d %s", request, a.status, a.text)
		}
	}
	tokens := "/v3/users/" + adminID + "/OS-OAUTH1/access_tokens"
	list := c.must(200, "GET", tokens, nil)
	if word(list, "access_tokens", 0, "id") != access.OAuthToken || strings.Contains(strings.ToLower(c.cloud.ask("GET", tokens, c.admin, nil).text), "secret") {
		t.Errorf("%v", list)
	}
	reader := c.role("reader")
	c.must(200, "GET", tokens+"/"+access.OAuthToken, nil)
	c.must(404, "GET", "/v3/users/other/OS-OAUTH1/access_tokens/"+access.OAuthToken, nil)
	if roles := c.must(200, "GET", tokens+"/"+access.OAuthToken+"/roles", nil); word(roles, "roles", 0, "id") != reader {
		t.Errorf("%v", roles)
	}
	c.must(200, "GET", tokens+"/"+access.OAuthToken+"/roles/"+reader, nil)
	c.must(404, "GET", tokens+"/"+access.OAuthToken+"/roles/"+c.role("admin"), nil)
	c.must(204, "DELETE", tokens+"/"+access.OAuthToken, nil)
	if status := c.valid(token); status != 404 {
		t.Errorf("with the access token revoked its token is confirmed with %d", status)
	}
	if _, err := c.enter(t, access, access.OAuthTokenSecret); !gophercloud.ResponseCodeIs(err, 401) {
		t.Errorf("with the access token revoked: %v", err)
	}
}

// TestWhatEndsAConsumersToken: its consumer, the user's role, its time.
func TestWhatEndsAConsumersToken(t *testing.T) {
	t.Parallel()
	for claim, end := range map[string]func(c *consumer){
		"the consumer deleted": func(c *consumer) { c.must(204, "DELETE", "/v3/OS-OAUTH1/consumers/"+c.id, nil) },
		"a day later": func(c *consumer) {
			c.clock.advance(25 * time.Hour)
			c.admin = c.signIn("admin", adminPassword, project("admin"))
		},
	} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			c := newConsumer(t)
			access := c.access(t, "member")
			token, err := c.enter(t, access, access.OAuthTokenSecret)
			if err != nil || c.valid(token) != 200 {
				t.Fatal(err)
			}
			end(c)
			if status := c.valid(token); status != 404 {
				t.Errorf("its token is confirmed with %d", status)
			}
			if _, err := c.enter(t, access, access.OAuthTokenSecret); !gophercloud.ResponseCodeIs(err, 401) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestAskingWithoutASignature(t *testing.T) {
	t.Parallel()
	c := newConsumer(t)
	for claim, x := range map[string]struct {
		path, header, project string
		status                int
	}{
		"no header":            {"request_token", "", c.projectID, 400},
		"another scheme":       {"request_token", "Bearer x", c.projectID, 400},
		"no consumer":          {"request_token", `OAuth oauth_nonce="n"`, c.projectID, 400},
		"no project":           {"request_token", `OAuth oauth_consumer_key="` + c.id + `"`, "", 400},
		"an unknown project":   {"request_token", `OAuth oauth_consumer_key="` + c.id + `"`, "none", 404},
		"an unknown consumer":  {"request_token", `OAuth oauth_consumer_key="none"`, c.projectID, 404},
		"unsigned":             {"request_token", `OAuth oauth_consumer_key="` + c.id + `"`, c.projectID, 401},
		"access without token": {"access_token", `OAuth oauth_consumer_key="` + c.id + `"`, "", 400},
		"access by none":       {"access_token", `OAuth oauth_consumer_key="` + c.id + `", oauth_token="none", oauth_verifier="v"`, "", 404},
	} {
		a := c.cloud.ask("POST", "/v3/OS-OAUTH1/"+x.path, "", nil, "Authorization", x.header, "Requested-Project-Id", x.project)
		if a.status != x.status {
			t.Errorf("%s: %d %s, want %d", claim, a.status, a.text, x.status)
		}
	}
}
