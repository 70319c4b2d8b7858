package api_test

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // S3's first signature is made of it
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/credential"
)

const canary = "canary-3c1f9a"

// secretBody makes a credential of a service's own type.
func secretBody(userID string) object {
	return object{"credential": object{"type": "vault", "blob": canary, "user_id": userID, "colour": "red"}}
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	eveID, eveProject := c.member("eve")
	bobID, _ := c.member("bob")
	eve, bob := c.signIn("eve", "eve", project("eve")), c.signIn("bob", "bob", project("bob"))

	made := c.ask("POST", "/v3/credentials", eve, secretBody(eveID))
	id := word(made.body, "credential", "id")
	if made.status != 201 || word(made.body, "credential", "blob") != canary || word(made.body, "credential", "colour") != "red" ||
		at(made.body, "credential", "project_id") != nil || word(made.body, "credential", "links", "self") != c.url+"/v3/credentials/"+id {
		t.Fatalf("made %d %s", made.status, made.text)
	}
	for claim, x := range map[string]struct {
		method, path, token string
		body                any
		status              int
	}{
		"one's own is shown":              {"GET", "/v3/credentials/" + id, eve, nil, 200},
		"another's is not":                {"GET", "/v3/credentials/" + id, bob, nil, 403},
		"an administrator sees it":        {"GET", "/v3/credentials/" + id, c.admin, nil, 200},
		"for another it cannot be made":   {"POST", "/v3/credentials", bob, secretBody(eveID), 403},
		"nor given to another":            {"PATCH", "/v3/credentials/" + id, eve, object{"credential": object{"user_id": bobID}}, 403},
		"nor taken":                       {"PATCH", "/v3/credentials/" + id, bob, object{"credential": object{"user_id": bobID}}, 403},
		"nor deleted by another":          {"DELETE", "/v3/credentials/" + id, bob, nil, 403},
		"none there, for who may not see": {"GET", "/v3/credentials/none", bob, nil, 403},
		"none there, for who may":         {"GET", "/v3/credentials/none", c.admin, nil, 404},
		"without a blob":                  {"POST", "/v3/credentials", eve, object{"credential": object{"type": "x", "user_id": eveID}}, 400},
		"ec2 without a project":           {"POST", "/v3/credentials", eve, object{"credential": object{"type": "ec2", "blob": "{}", "user_id": eveID}}, 400},
		"ec2 of no JSON":                  {"POST", "/v3/credentials", eve, object{"credential": object{"type": "ec2", "blob": "x", "user_id": eveID, "project_id": eveProject}}, 400},
		"ec2 without an access key":       {"POST", "/v3/credentials", eve, object{"credential": object{"type": "ec2", "blob": "{}", "user_id": eveID, "project_id": eveProject}}, 400},
		"an update of nothing":            {"PATCH", "/v3/credentials/" + id, eve, object{"credential": object{}}, 400},
		"another id":                      {"PATCH", "/v3/credentials/" + id, eve, object{"credential": object{"id": "x"}}, 400},
	} {
		if a := c.ask(x.method, x.path, x.token, x.body); a.status != x.status {
			t.Errorf("%s: %d %s, want %d", claim, a.status, a.text, x.status)
		}
	}
	changed := c.ask("PATCH", "/v3/credentials/"+id, eve, object{"credential": object{"blob": "other", "project_id": eveProject}})
	if changed.status != 200 || word(changed.body, "credential", "blob") != "other" || word(changed.body, "credential", "project_id") != eveProject {
		t.Errorf("changed %d %s", changed.status, changed.text)
	}
	c.must(201, "POST", "/v3/credentials", object{"credential": object{"type": "vault", "blob": "b", "user_id": bobID}})
	for query, want := range map[string]int{"": 1, "?type=vault": 1, "?type=other": 0, "?user_id=" + bobID: 0} {
		if a := c.ask("GET", "/v3/credentials"+query, eve, nil); len(at(a.body, "credentials").([]any)) != want {
			t.Errorf("eve lists %s: %s", query, a.text)
		}
	}
	if all := c.must(200, "GET", "/v3/credentials", nil); len(at(all, "credentials").([]any)) != 2 {
		t.Errorf("the admin lists %v", all)
	}
	c.must(204, "DELETE", "/v3/users/"+bobID, nil)
	if left := c.must(200, "GET", "/v3/credentials", nil); len(at(left, "credentials").([]any)) != 1 {
		t.Errorf("with bob gone: %v", left)
	}
	c.must(204, "DELETE", "/v3/projects/"+eveProject, nil)
	c.must(404, "GET", "/v3/credentials/"+id, nil)
}

// TestDelegatedTokensReachNoCredentials: what was handed on for a while must not read or make what outlives it.
func TestDelegatedTokensReachNoCredentials(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	eveID, projectID := c.member("eve")
	eve := c.signIn("eve", "eve", project("eve"))
	id := word(c.ask("POST", "/v3/credentials", eve, secretBody(eveID)).body, "credential", "id")
	app := c.ask("POST", "/v3/users/"+eveID+"/application_credentials", eve, object{"application_credential": object{"name": "n", "unrestricted": true}})
	a := c.ask("POST", "/v3/auth/tokens", "", object{"auth": object{"identity": object{"methods": []string{"application_credential"},
		"application_credential": object{"id": word(app.body, "application_credential", "id"), "secret": word(app.body, "application_credential", "secret")}}}})
	delegated := a.header.Get("X-Subject-Token")
	for request, status := range map[string]int{
		"GET /v3/credentials/" + id: 403, "DELETE /v3/credentials/" + id: 403, "GET /v3/users/" + eveID + "/credentials/OS-EC2": 403,
	} {
		method, path, _ := strings.Cut(request, " ")
		if a := c.ask(method, path, delegated, nil); a.status != status {
			t.Errorf("%s: %d %s", request, a.status, a.text)
		}
	}
	if a := c.ask("POST", "/v3/credentials", delegated, secretBody(eveID)); a.status != 403 {
		t.Errorf("made %d %s", a.status, a.text)
	}
	if a := c.ask("POST", "/v3/users/"+eveID+"/credentials/OS-EC2", delegated, object{"tenant_id": projectID}); a.status != 403 {
		t.Errorf("made %d %s", a.status, a.text)
	}
	if a := c.ask("GET", "/v3/credentials", delegated, nil); a.status != 200 || len(at(a.body, "credentials").([]any)) > 0 {
		t.Errorf("listed %d %s", a.status, a.text)
	}
}

func TestSignedRequestsGetTokens(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	eveID, projectID := c.member("eve")
	bobID, _ := c.member("bob")
	eve, bob, nova := c.signIn("eve", "eve", project("eve")), c.signIn("bob", "bob", project("bob")), c.signIn("nova", "n", project("service"))
	path := "/v3/users/" + eveID + "/credentials/OS-EC2"
	made := c.ask("POST", path, eve, object{"tenant_id": projectID})
	access, secret := word(made.body, "credential", "access"), word(made.body, "credential", "secret")
	if made.status != 201 || access == "" || word(made.body, "credential", "links", "self") != c.url+path+"/"+access {
		t.Fatalf("made %d %s", made.status, made.text)
	}
	for request, status := range map[string]int{
		"GET " + path: 200, "GET " + path + "/" + access: 200, "GET " + path + "/none": 404, "GET /v3/users/" + bobID + "/credentials/OS-EC2": 403,
	} {
		method, path, _ := strings.Cut(request, " ")
		if a := c.ask(method, path, eve, nil); a.status != status {
			t.Errorf("%s: %d %s", request, a.status, a.text)
		}
	}
	if a := c.ask("GET", path+"/"+access, bob, nil); a.status != 403 {
		t.Errorf("bob reads eve's: %d %s", a.status, a.text)
	}
	c.must(404, "GET", "/v3/users/"+bobID+"/credentials/OS-EC2/"+access, nil)
	c.must(404, "POST", path, object{"tenant_id": "nowhere"})

	sign := func(secret string) object {
		const text = "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/bucket"
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(text))
		return object{"access": access, "signature": base64.StdEncoding.EncodeToString(mac.Sum(nil)), "token": base64.StdEncoding.EncodeToString([]byte(text))}
	}
	good := c.ask("POST", "/v3/s3tokens", nova, object{"credentials": sign(secret)})
	if good.status != 200 || word(good.body, "token", "user", "id") != eveID || word(good.body, "token", "project", "id") != projectID ||
		word(good.body, "token", "methods", 0) != "ec2credential" || good.header.Get("X-Subject-Token") != "" {
		t.Errorf("s3 %d %s", good.status, good.text)
	}
	late := sign(secret)
	late["headers"] = object{"X-Amz-Date": c.clock.Now().Add(-time.Hour).Format("20060102T150405Z")}
	for claim, x := range map[string]struct {
		token  string
		body   any
		status int
	}{
		"by another secret":     {nova, object{"credentials": sign("x")}, 401},
		"of an hour ago":        {nova, object{"credentials": late}, 401},
		"with nothing":          {nova, object{}, 401},
		"without a signature":   {nova, object{"credentials": object{"access": access}}, 401},
		"of an unknown key":     {nova, object{"credential": object{"access": "none", "signature": "s", "token": "AAAA"}}, 401},
		"asked by its owner":    {eve, object{"credentials": sign(secret)}, 403},
		"asked without a token": {"", object{"credentials": sign(secret)}, 401},
	} {
		for _, path := range []string{"/v3/s3tokens", "/v3/ec2tokens"} {
			if a := c.ask("POST", path, x.token, x.body); a.status != x.status {
				t.Errorf("%s %s: %d %s, want %d", path, claim, a.status, a.text, x.status)
			}
		}
	}
	c.must(204, "DELETE", path+"/"+access, nil)
	if a := c.ask("POST", "/v3/s3tokens", nova, object{"credentials": sign(secret)}); a.status != 401 {
		t.Errorf("with the credential gone: %d %s", a.status, a.text)
	}
}

// TestASignersCredentialLeadsNowhereElse: what an ec2 credential is bound to cannot be loosened or forged.
func TestASignersCredentialLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	eveID, projectID := c.member("eve")
	eve := c.signIn("eve", "eve", project("eve"))
	body := func(blob string) object {
		return object{"credential": object{"type": "ec2", "blob": blob, "user_id": eveID, "project_id": projectID}}
	}
	made := c.ask("POST", "/v3/credentials", eve, body(`{"access": "a", "secret": "s", "trust_id": "t"}`))
	id := word(made.body, "credential", "id")
	if made.status != 201 || id != credential.IDOfAccess("a") {
		t.Fatalf("made %d %s", made.status, made.text)
	}
	if a := c.ask("POST", "/v3/credentials", eve, body(`{"access": "a", "secret": "other"}`)); a.status != 409 {
		t.Errorf("the same access key again: %d %s", a.status, a.text)
	}
	for blob, status := range map[string]int{
		`{"access": "a", "secret": "n"}`: 400, `{"access": "a", "secret": "n", "trust_id": "other"}`: 400,
		`{"access": "a", "secret": "n", "trust_id": "t", "app_cred_id": "x"}`: 400, `{"access": "a", "secret": "n", "trust_id": "t"}`: 200, `x`: 400,
	} {
		if a := c.ask("PATCH", "/v3/credentials/"+id, eve, object{"credential": object{"blob": blob}}); a.status != status {
			t.Errorf("%s: %d %s, want %d", blob, a.status, a.text, status)
		}
	}
	if a := c.ask("PATCH", "/v3/credentials/"+id, eve, object{"credential": object{"type": "x", "blob": `{"access": "a"}`}}); a.status != 400 {
		t.Errorf("out of its bounds by another type: %d %s", a.status, a.text)
	}
}

func TestCredentialsAreBounded(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(c *keystone.Config) { c.CredentialLimit = 1 })
	eveID, _ := c.member("eve")
	c.must(201, "POST", "/v3/credentials", secretBody(eveID))
	got := c.must(403, "POST", "/v3/credentials", secretBody(eveID))
	if word(got, "error", "message") != "Unable to create additional credentials, maximum of 1 already exceeded for user." {
		t.Errorf("%v", got)
	}
}

// TestCredentialsAreSealed: the secret stands in no row, rotations keep it readable, and none drops a key that is needed.
func TestCredentialsAreSealed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	eveID, _ := c.member("eve")
	id := word(c.must(201, "POST", "/v3/credentials", secretBody(eveID)), "credential", "id")
	row, err := c.DB.Credential(t.Context(), id)
	if err != nil || strings.Contains(row.Sealed, canary) || row.Blob != "" {
		t.Errorf("kept as %+v, %v", row, err)
	}
	events, err := c.DB.Events(t.Context(), 0, 1000)
	if err != nil || len(events) == 0 {
		t.Fatal(err)
	}
	for _, e := range events {
		if strings.Contains(string(e.Payload), canary) {
			t.Errorf("event %s tells the secret", e.Name)
		}
	}
	for range 4 {
		if err := c.Credential.Rotate(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.must(200, "GET", "/v3/credentials/"+id, nil)
		if err := c.Credential.Rotate(t.Context()); !errors.Is(err, credential.ErrUnmigrated) {
			t.Errorf("rotated twice: %v", err)
		}
		if n, err := c.Credential.Migrate(t.Context()); err != nil || n != 1 {
			t.Errorf("migrated %d, %v", n, err)
		}
	}
	if got := c.must(200, "GET", "/v3/credentials/"+id, nil); word(got, "credential", "blob") != canary {
		t.Errorf("%v", got)
	}
}
