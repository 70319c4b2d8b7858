package api_test

import (
	"strings"
	"testing"
)

func TestSharingNeedsTheOffersAcceptance(t *testing.T) {
	c := newCloud(t)
	id := c.upload(member, "bits")
	path := "/v2/images/" + id + "/members"
	if got := c.want(200, member, "GET "+path, "", nil).body; got != `{"members":[],"schema":"/v2/schemas/members"}` {
		t.Error(got)
	}
	m := c.want(200, member, "POST "+path, jsonType, `{"member":"rival"}`).json(t)
	if m["status"] != "pending" || m["member_id"] != "rival" || m["image_id"] != id || m["schema"] != "/v2/schemas/member" {
		t.Errorf("%v", m)
	}
	c.want(409, member, "POST "+path, jsonType, `{"member":"rival"}`)
	// The member sees it at once, but it is not in its lists until accepted.
	c.want(200, other, "GET /v2/images/"+id+"/file", "", nil)
	if got, _ := c.listed(other, ""); len(got) != 0 {
		t.Errorf("listed before acceptance: %v", got)
	}
	if got, _ := c.listed(other, "?member_status=pending&visibility=shared"); len(got) != 1 {
		t.Errorf("not listed as pending: %v", got)
	}
	c.want(403, member, "PUT "+path+"/rival", jsonType, `{"status":"accepted"}`)
	c.want(404, "third:member", "PUT "+path+"/rival", jsonType, `{"status":"accepted"}`)
	got := c.want(400, other, "PUT "+path+"/rival", jsonType, `{"status":"foo"}`)
	if !strings.Contains(got.body, "Status must be \"pending\", \"accepted\" or \"rejected\".") {
		t.Error(got.body)
	}
	c.want(200, other, "PUT "+path+"/rival", jsonType, `{"status":"accepted"}`)
	if got, _ := c.listed(other, ""); len(got) != 1 {
		t.Errorf("not listed after acceptance: %v", got)
	}
	c.want(403, other, "DELETE /v2/images/"+id, "", nil)
	c.want(403, other, "POST "+path, jsonType, `{"member":"fourth"}`)
	c.want(403, other, "DELETE "+path+"/rival", "", nil)
	c.want(200, member, "POST "+path, jsonType, `{"member":"third"}`)
	if got := c.want(200, other, "GET "+path, "", nil).body; strings.Contains(got, "third") {
		t.Errorf("a member sees the others: %s", got)
	}
	c.want(404, other, "GET "+path+"/third", "", nil)
	c.want(200, other, "GET "+path+"/rival", "", nil)
	c.want(204, member, "DELETE "+path+"/rival", "", nil)
	c.want(404, other, "GET /v2/images/"+id, "", nil)
	c.want(404, member, "GET "+path+"/rival", "", nil)
}

func TestOnlySharedImagesHaveMembers(t *testing.T) {
	c := newCloud(t)
	id := c.create(member, `{"visibility":"private"}`)
	path := "/v2/images/" + id + "/members"
	for do, body := range map[string]string{"GET " + path: "", "POST " + path: `{"member":"rival"}`} {
		c.want(403, member, do, jsonType, body)
	}
	c.want(404, member, "GET "+path+"/rival", "", nil)
	shared := "/v2/images/" + c.create(member, `{}`) + "/members"
	for body, text := range map[string]string{`{}`: "Member to be added not specified", `{"member":""}`: "Member can't be empty", `[]`: "Expected a member", `{"member":5}`: "Expected a member"} {
		if got := c.ask(member, "POST "+shared, jsonType, body); got.status != 400 || !strings.Contains(got.body, text) {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
}
