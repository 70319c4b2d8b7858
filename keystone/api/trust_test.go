package api_test

import (
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// estate is a cloud with a trustor who is a member of a project, and a trustee who is not.
type estate struct {
	*cloud
	trustor, trustee   string // ids
	projectID          string
	asTrustor, asOther string // tokens
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	c := newCloud(t)
	e := &estate{cloud: c}
	e.trustor, e.projectID = c.member("tom")
	e.trustee, _ = c.member("eve")
	e.asTrustor, e.asOther = c.signIn("tom", "tom", project("tom")), c.signIn("eve", "eve", project("eve"))
	return e
}

// trust is a body; changes are made to it, nil takes a member out.
func (e *estate) trust(changes object) object {
	t := object{"trustor_user_id": e.trustor, "trustee_user_id": e.trustee, "impersonation": false, "project_id": e.projectID,
		"roles": []object{{"name": "member"}}}
	maps.Copy(t, changes)
	maps.DeleteFunc(t, func(_ string, v any) bool { return v == nil })
	return object{"trust": t}
}

func (e *estate) lend(changes object) string {
	e.Helper()
	a := e.ask("POST", "/v3/OS-TRUST/trusts", e.asTrustor, e.trust(changes))
	if a.status != 201 {
		e.Fatalf("%v: %d %s", changes, a.status, a.text)
	}
	return word(a.body, "trust", "id")
}

// enter signs the trustee in by a trust.
func (e *estate) enter(trustID string) answer {
	e.Helper()
	return e.ask("POST", "/v3/auth/tokens", "", login("eve", "eve", object{"OS-TRUST:trust": object{"id": trustID}}))
}

func (e *estate) entered(trustID string) string {
	e.Helper()
	a := e.enter(trustID)
	if a.status != 201 {
		e.Fatalf("the trustee cannot enter: %d %s", a.status, a.text)
	}
	return a.header.Get("X-Subject-Token")
}

func TestTrusts(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	ends := e.clock.Now().Add(30 * time.Minute).UTC().Truncate(time.Second)
	made := e.ask("POST", "/v3/OS-TRUST/trusts", e.asTrustor, e.trust(object{"expires_at": ends.Format("2006-01-02T15:04:05.000000Z"), "note": "n"}))
	id := word(made.body, "trust", "id")
	if made.status != 201 || word(made.body, "trust", "roles", 0, "name") != "member" || word(made.body, "trust", "expires_at") != ends.Format("2006-01-02T15:04:05.000000Z") ||
		at(made.body, "trust", "remaining_uses") != nil || at(made.body, "trust", "deleted_at") != nil || at(made.body, "trust", "redelegation_count") != 0.0 ||
		word(made.body, "trust", "links", "self") != e.url+"/v3/OS-TRUST/trusts/"+id || word(made.body, "trust", "note") != "n" {
		t.Fatalf("made %d %s", made.status, made.text)
	}
	for _, x := range []struct {
		claim, method, path, token string
		status                     int
	}{
		{"the trustor sees it", "GET", "/" + id, e.asTrustor, 200},
		{"the trustee sees it", "GET", "/" + id, e.asOther, 200},
		{"its roles", "GET", "/" + id + "/roles", e.asOther, 200},
		{"one of them", "GET", "/" + id + "/roles/" + e.role("member"), e.asOther, 200},
		{"whether it is one", "HEAD", "/" + id + "/roles/" + e.role("member"), e.asOther, 200},
		{"one that it has not", "GET", "/" + id + "/roles/" + e.role("admin"), e.asOther, 404},
		{"the trustor lists theirs", "GET", "?trustor_user_id=" + e.trustor, e.asTrustor, 200},
		{"the trustee lists theirs", "GET", "?trustee_user_id=" + e.trustee, e.asOther, 200},
		{"others' are not listed", "GET", "?trustor_user_id=" + e.trustor, e.asOther, 403},
		{"nor all", "GET", "", e.asTrustor, 403},
		{"but by an administrator", "GET", "", e.admin, 200},
		{"there is no other", "GET", "/none", e.asTrustor, 404},
		{"the trustee cannot end it", "DELETE", "/" + id, e.asOther, 403},
		{"the trustor can", "DELETE", "/" + id, e.asTrustor, 204},
		{"once", "DELETE", "/" + id, e.asTrustor, 404},
	} {
		if a := e.ask(x.method, "/v3/OS-TRUST/trusts"+x.path, x.token, nil); a.status != x.status {
			t.Errorf("%s: %d %s, want %d", x.claim, a.status, a.text, x.status)
		}
	}
}

func TestTrustsThatAreRefused(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for claim, x := range map[string]struct {
		changes object
		status  int
	}{
		"for another's roles":               {object{"trustor_user_id": e.trustee}, 403},
		"to nobody":                         {object{"trustee_user_id": "none"}, 404},
		"of a role that the trustor lacks":  {object{"roles": []object{{"name": "admin"}}}, 404},
		"of a role that there is not":       {object{"roles": []object{{"name": "none"}}}, 404},
		"of no role":                        {object{"roles": nil}, 403},
		"in no project that there is":       {object{"project_id": "none"}, 404},
		"that has ended":                    {object{"expires_at": "2020-01-01T00:00:00Z"}, 400},
		"that ends at no time":              {object{"expires_at": "soon"}, 400},
		"for no use":                        {object{"remaining_uses": 0}, 400},
		"for half a use":                    {object{"remaining_uses": 1.5}, 400},
		"without saying as whom":            {object{"impersonation": nil}, 400},
		"handed on more often than allowed": {object{"allow_redelegation": true, "redelegation_count": 4}, 403},
		"handed on and counted":             {object{"allow_redelegation": true, "remaining_uses": 1}, 400},
	} {
		if a := e.ask("POST", "/v3/OS-TRUST/trusts", e.asTrustor, e.trust(x.changes)); a.status != x.status {
			t.Errorf("%s: %d %s, want %d", claim, a.status, a.text, x.status)
		}
	}
	if list := e.must(200, "GET", "/v3/OS-TRUST/trusts", nil); len(at(list, "trusts").([]any)) > 0 {
		t.Errorf("refused, and there: %v", list)
	}
}

func TestATrusteesToken(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	for _, impersonation := range []bool{false, true} {
		id := e.lend(object{"impersonation": impersonation, "expires_at": e.clock.Now().Add(10 * time.Minute).UTC().Format(time.RFC3339)})
		a := e.enter(id)
		user, name := e.trustee, "eve"
		if impersonation {
			user, name = e.trustor, "tom"
		}
		token := at(a.body, "token")
		if a.status != 201 || word(token, "user", "id") != user || word(token, "user", "name") != name || word(token, "project", "id") != e.projectID ||
			word(token, "OS-TRUST:trust", "id") != id || word(token, "OS-TRUST:trust", "trustor_user", "id") != e.trustor ||
			word(token, "OS-TRUST:trust", "trustee_user", "id") != e.trustee || at(token, "OS-TRUST:trust", "impersonation") != impersonation {
			t.Fatalf("entered %d %s", a.status, a.text)
		}
		text := a.header.Get("X-Subject-Token")
		if shown := e.ask("GET", "/v3/auth/tokens", text, nil, "X-Subject-Token", text); shown.status != 200 || shown.text != a.text {
			t.Errorf("shown %d %s, issued %s", shown.status, shown.text, a.text)
		}
		expires, err := time.Parse(time.RFC3339, word(token, "expires_at"))
		if err != nil || expires.After(e.clock.Now().Add(11*time.Minute)) {
			t.Errorf("a token until %v outlives the trust (%v)", expires, err)
		}
		for claim, body := range map[string]any{
			"another token": object{"auth": object{"identity": object{"methods": []string{"token"}, "token": object{"id": text}}}},
		} {
			if a := e.ask("POST", "/v3/auth/tokens", "", body); a.status != 403 {
				t.Errorf("it gets %s: %d %s", claim, a.status, a.text)
			}
		}
		for path, body := range map[string]any{
			"/v3/users/" + user + "/application_credentials": object{"application_credential": object{"name": "n"}},
			"/v3/credentials": secretBody(user),
			"/v3/users/" + user + "/credentials/OS-EC2": object{"tenant_id": e.projectID},
		} {
			if a := e.ask("POST", path, text, body); a.status != 403 {
				t.Errorf("what was lent makes what stays: POST %s: %d %s", path, a.status, a.text)
			}
		}
	}
	id := e.lend(nil)
	if a := e.ask("POST", "/v3/auth/tokens", "", login("tom", "tom", object{"OS-TRUST:trust": object{"id": id}})); a.status != 403 {
		t.Errorf("the trustor enters: %d %s", a.status, a.text)
	}
	if a := e.enter("none"); a.status != 401 {
		t.Errorf("by no trust: %d %s", a.status, a.text)
	}
}

// TestTrustsEnd: whatever takes away what a trust gave takes its tokens with it.
func TestTrustsEnd(t *testing.T) {
	t.Parallel()
	for claim, end := range map[string]func(e *estate, id string){
		"deleted": func(e *estate, id string) {
			e.must(204, "DELETE", "/v3/OS-TRUST/trusts/"+id, nil)
			if events := e.must(200, "GET", "/v3/OS-REVOKE/events", nil); word(events, "events", 0, "OS-TRUST:trust_id") != id {
				e.Errorf("revoked are %v", events)
			}
		},
		"the trustor disabled": func(e *estate, _ string) {
			e.must(200, "PATCH", "/v3/users/"+e.trustor, object{"user": object{"enabled": false}})
		},
		"the trustee disabled": func(e *estate, _ string) {
			e.must(200, "PATCH", "/v3/users/"+e.trustee, object{"user": object{"enabled": false}})
		},
		"the trustor deleted": func(e *estate, _ string) { e.must(204, "DELETE", "/v3/users/"+e.trustor, nil) },
		"the role taken away": func(e *estate, _ string) {
			e.must(204, "DELETE", "/v3/projects/"+e.projectID+"/users/"+e.trustor+"/roles/"+e.role("member"), nil)
		},
		"the project disabled": func(e *estate, _ string) {
			e.must(200, "PATCH", "/v3/projects/"+e.projectID, object{"project": object{"enabled": false}})
		},
		"the project deleted": func(e *estate, _ string) { e.must(204, "DELETE", "/v3/projects/"+e.projectID, nil) },
		"the trustor's password changed": func(e *estate, _ string) {
			e.must(200, "PATCH", "/v3/users/"+e.trustor, object{"user": object{"password": "new"}})
		},
		"ended": func(e *estate, _ string) { e.clock.advance(20 * time.Minute) },
	} {
		t.Run(claim, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			id := e.lend(object{"impersonation": true, "expires_at": e.clock.Now().Add(15 * time.Minute).UTC().Format(time.RFC3339)})
			token := e.entered(id)
			if status := e.valid(token); status != 200 {
				t.Fatalf("at first: %d", status)
			}
			end(e, id)
			if status := e.valid(token); status != 404 {
				t.Errorf("afterwards the token is confirmed with %d", status)
			}
			if claim == "the trustor's password changed" {
				return // the trust itself stands
			}
			if a := e.enter(id); a.status != 401 && a.status != 403 {
				t.Errorf("afterwards it is entered: %d %s", a.status, a.text)
			}
		})
	}
}

func TestATrustIsUsedNoMoreOftenThanItSays(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	id := e.lend(object{"remaining_uses": 3})
	var had atomic.Int64
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			a := e.enter(id)
			switch a.status {
			case 201:
				had.Add(1)
				if status := e.valid(a.header.Get("X-Subject-Token")); status != 200 {
					t.Errorf("a token that was had is confirmed with %d", status)
				}
			case 401:
			default:
				t.Errorf("%d %s", a.status, a.text)
			}
		})
	}
	all.Wait()
	if had.Load() != 3 {
		t.Errorf("%d tokens of 3", had.Load())
	}
	e.must(404, "GET", "/v3/OS-TRUST/trusts/"+id, nil)
	if n, err := e.Trust.Flush(t.Context()); err != nil || n != 1 {
		t.Errorf("flushed %d, %v", n, err)
	}
}

// TestRedelegation: what is handed on further grows in no way, and ends with what it was of.
func TestRedelegation(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	ends := e.clock.Now().Add(time.Hour).UTC().Truncate(time.Second)
	first := e.lend(object{"impersonation": true, "allow_redelegation": true, "redelegation_count": 2, "expires_at": ends.Format(time.RFC3339)})
	asTrustee := e.entered(first)
	bobID, _ := e.member("bob")
	further := func(changes object) answer {
		changes["trustee_user_id"] = bobID
		return e.ask("POST", "/v3/OS-TRUST/trusts", asTrustee, e.trust(changes))
	}
	for claim, changes := range map[string]object{
		"for longer":                     {"expires_at": ends.Add(time.Hour).Format(time.RFC3339)},
		"a number of times":              {"remaining_uses": 1},
		"further than it may go":         {"allow_redelegation": true, "redelegation_count": 2},
		"with a role that is not in it":  {"roles": []object{{"name": "reader"}}},
		"in the name of another trustor": {"trustor_user_id": e.trustee},
	} {
		if a := further(changes); a.status != 403 {
			t.Errorf("%s: %d %s", claim, a.status, a.text)
		}
	}
	a := further(object{"allow_redelegation": true, "impersonation": true})
	second := word(a.body, "trust", "id")
	if a.status != 201 || word(a.body, "trust", "redelegated_trust_id") != first || at(a.body, "trust", "redelegation_count") != 1.0 ||
		word(a.body, "trust", "expires_at") != ends.Format("2006-01-02T15:04:05.000000Z") {
		t.Fatalf("handed on %d %s", a.status, a.text)
	}
	asBob := e.ask("POST", "/v3/auth/tokens", "", login("bob", "bob", object{"OS-TRUST:trust": object{"id": second}}))
	if asBob.status != 201 || word(asBob.body, "token", "user", "id") != e.trustor {
		t.Fatalf("bob enters %d %s", asBob.status, asBob.text)
	}
	e.must(200, "PATCH", "/v3/users/"+e.trustee, object{"user": object{"enabled": false}})
	if status := e.valid(asBob.header.Get("X-Subject-Token")); status != 404 {
		t.Errorf("with the one between disabled the token is confirmed with %d", status)
	}
	e.must(200, "PATCH", "/v3/users/"+e.trustee, object{"user": object{"enabled": true}})
	e.must(204, "DELETE", "/v3/OS-TRUST/trusts/"+first, nil)
	e.must(404, "GET", "/v3/OS-TRUST/trusts/"+second, nil)
}

// TestAStrangersCredentialEntersNoTrust: whoever learns a trust's id must not get in by writing it into a credential of theirs.
func TestAStrangersCredentialEntersNoTrust(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	id := e.lend(object{"impersonation": true})
	malloryID, _ := e.member("mallory")
	for user, want := range map[string]bool{malloryID: false, e.trustee: true, e.trustor: true} {
		e.must(201, "POST", "/v3/credentials", object{"credential": object{"type": "ec2", "user_id": user, "project_id": e.projectID,
			"blob": `{"access": "` + user + `", "secret": "s", "trust_id": "` + id + `"}`}})
		_, token, err := e.Tokens.AuthenticateSigned(t.Context(), user, func(string) error { return nil })
		if want != (err == nil) || want && (token.User.ID != e.trustor || token.TrustID != id) {
			t.Errorf("by a credential of %s: %v, %v", user, token.User.ID, err)
		}
	}
}
