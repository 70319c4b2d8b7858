package api_test

import (
	"strings"
	"testing"
	"time"

	"cumulet/keystone"
)

// compliant is a cloud with a user "eve" whose password is "eve" or what it had to be, under rules.
func compliant(t *testing.T, rules func(*keystone.Config), password string) (c *cloud, userID string) {
	t.Helper()
	c = newCloud(t, rules)
	userID = word(c.must(201, "POST", "/v3/users", object{"user": object{"name": "eve", "password": password}}), "user", "id")
	return c, userID
}

func (c *cloud) changePassword(userID, from, to string) answer {
	c.Helper()
	return c.ask("POST", "/v3/users/"+userID+"/password", "", object{"user": object{"original_password": from, "password": to}})
}

func (c *cloud) signsIn(password string) int {
	c.Helper()
	return c.ask("POST", "/v3/auth/tokens", "", login("eve", password, nil)).status
}

func TestPasswordsMatchTheRequirements(t *testing.T) {
	t.Parallel()
	c, id := compliant(t, func(k *keystone.Config) {
		k.PasswordRegex, k.PasswordDescription = `^(?=.*\d)(?=.*[a-zA-Z]).{7,}$`, "a letter, a digit, seven of them"
	}, "abcdef7")
	for claim, a := range map[string]answer{
		"made":               c.ask("POST", "/v3/users", c.admin, object{"user": object{"name": "bob", "password": "short"}}),
		"reset":              c.ask("PATCH", "/v3/users/"+id, c.admin, object{"user": object{"password": "short"}}),
		"changed themselves": c.changePassword(id, "abcdef7", "short"),
	} {
		if a.status != 400 || !strings.Contains(a.text, "The password does not match the requirements: a letter, a digit, seven of them.") {
			t.Errorf("%s: %d %s", claim, a.status, a.text)
		}
	}
	said := c.must(200, "GET", "/v3/domains/default/config/security_compliance/password_regex_description", nil)
	if word(said, "config", "password_regex_description") != "a letter, a digit, seven of them" {
		t.Errorf("%v", said)
	}
	if a := c.changePassword(id, "abcdef7", "abcdef8"); a.status != 204 {
		t.Errorf("one that matches: %d %s", a.status, a.text)
	}
}

func TestPasswordsThatUsersChoseAreUsedForAWhile(t *testing.T) {
	t.Parallel()
	c, id := compliant(t, func(k *keystone.Config) { k.MinimumPasswordAge = 2 }, "eve")
	if a := c.changePassword(id, "eve", "one"); a.status != 204 {
		t.Fatalf("one that an administrator chose: %d %s", a.status, a.text)
	}
	c.clock.advance(time.Minute)
	if a := c.changePassword(id, "one", "two"); a.status != 400 || !strings.Contains(a.text, "it must be used for 2 day(s) before it can be changed. Please try again in 1 day(s)") {
		t.Errorf("a minute later: %d %s", a.status, a.text)
	}
	c.must(200, "PATCH", "/v3/users/"+id, object{"user": object{"password": "reset"}})
	if a := c.changePassword(id, "reset", "three"); a.status != 204 {
		t.Errorf("after a reset: %d %s", a.status, a.text)
	}
	c.clock.advance(49 * time.Hour)
	if a := c.changePassword(id, "three", "four"); a.status != 204 {
		t.Errorf("two days later: %d %s", a.status, a.text)
	}
}

func TestPasswordsThatAdministratorsSetAreChangedFirst(t *testing.T) {
	t.Parallel()
	c, id := compliant(t, func(k *keystone.Config) { k.ChangeUponFirstUse = true }, "eve")
	if a := c.ask("POST", "/v3/auth/tokens", "", login("eve", "eve", nil)); a.status != 401 || !strings.Contains(a.text, "The password is expired and needs to be changed for user: "+id) {
		t.Errorf("at first: %d %s", a.status, a.text)
	}
	if a := c.changePassword(id, "eve", "own"); a.status != 204 {
		t.Fatalf("changed: %d %s", a.status, a.text)
	}
	if status := c.signsIn("own"); status != 201 {
		t.Errorf("with their own: %d", status)
	}
	c.must(200, "PATCH", "/v3/users/"+id, object{"user": object{"password": "reset"}})
	if status := c.signsIn("reset"); status != 401 {
		t.Errorf("after a reset: %d", status)
	}
	c.must(200, "PATCH", "/v3/users/"+id, object{"user": object{"password": "robot", "options": object{"ignore_change_password_upon_first_use": true}}})
	c.must(200, "PATCH", "/v3/users/"+id, object{"user": object{"password": "robot"}})
	if status := c.signsIn("robot"); status != 201 {
		t.Errorf("one who is exempt: %d", status)
	}
}

func TestUsersWhoAreNotSeenAreDisabled(t *testing.T) {
	t.Parallel()
	c, id := compliant(t, func(k *keystone.Config) { k.DaysInactive = 3 }, "eve")
	robot := word(c.must(201, "POST", "/v3/users", object{"user": object{"name": "robot", "password": "r", "options": object{"ignore_user_inactivity": true}}}), "user", "id")
	const day = 24 * time.Hour
	for range 3 {
		c.clock.advance(2 * day)
		if status := c.signsIn("eve"); status != 201 {
			t.Fatalf("who signs in each other day: %d", status)
		}
		c.admin = c.signIn("admin", adminPassword, project("admin"))
	}
	c.clock.advance(2 * day)
	c.admin = c.signIn("admin", adminPassword, project("admin"))
	c.clock.advance(day)
	c.admin = c.signIn("admin", adminPassword, project("admin"))
	if status := c.signsIn("eve"); status != 401 {
		t.Errorf("three days later: %d", status)
	}
	if shown := c.must(200, "GET", "/v3/users/"+id, nil); at(shown, "user", "enabled") != false {
		t.Errorf("shown as %v", shown)
	}
	if shown := c.must(200, "GET", "/v3/users/"+robot, nil); at(shown, "user", "enabled") != true {
		t.Errorf("who is exempt is shown as %v", shown)
	}
	c.must(200, "PATCH", "/v3/users/"+id, object{"user": object{"enabled": true}})
	if status := c.signsIn("eve"); status != 201 {
		t.Errorf("enabled again: %d", status)
	}
}

// As keystone/identity/core.py, _translate_expired_password_hints.
func TestUsersAreListedByWhenTheirPasswordsExpire(t *testing.T) {
	t.Parallel()
	c := newCloud(t, func(k *keystone.Config) { k.PasswordExpiresDays = 10 })
	user, _ := c.member("ann")
	group := word(c.must(201, "POST", "/v3/groups", object{"group": object{"name": "g"}}), "group", "id")
	c.must(204, "PUT", "/v3/groups/"+group+"/users/"+user, nil)
	none := word(c.must(201, "POST", "/v3/users", object{"user": object{"name": "ann without"}}), "user", "id")
	c.must(204, "PUT", "/v3/groups/"+group+"/users/"+none, nil)
	expires, err := time.Parse(time.RFC3339, word(c.must(200, "GET", "/v3/users/"+user, nil), "user", "password_expires_at"))
	if err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	for _, path := range []string{"/v3/users?name__contains=ann&", "/v3/groups/" + group + "/users?"} {
		for value, want := range map[string]int{
			"lt:" + isoformat(expires.Add(day)): 1, "lt:" + isoformat(expires.Add(-day)): 0, "gt:" + isoformat(expires.Add(-day)): 1, "gt:" + isoformat(expires.Add(day)): 0,
			"lte:" + isoformat(expires.Add(day)): 1, "gte:" + isoformat(expires.Add(-day)): 1, "neq:" + isoformat(expires.Add(day)): 1,
			"eq:" + isoformat(expires.Add(day)): 0, isoformat(expires.Add(day)): 0, "eq:" + expires.Format(time.RFC3339Nano): 1, expires.Format(time.RFC3339Nano): 1,
		} {
			users, _ := at(c.must(200, "GET", path+"password_expires_at="+value, nil), "users").([]any)
			if len(users) != want || want == 1 && word(users, 0, "id") != user {
				t.Errorf("%s%s: %v", path, value, users)
			}
		}
		for value, said := range map[string]string{"lt:tomorrow": "Timestamp not in expected format", "ab:" + isoformat(expires): "The given operator ab is not valid", "": "Timestamp"} {
			if a := c.ask("GET", path+"password_expires_at="+value, c.admin, nil); a.status != 400 || !strings.Contains(a.text, said) {
				t.Errorf("%s%s: %d %s", path, value, a.status, a.text)
			}
		}
	}
}

func isoformat(t time.Time) string { return t.UTC().Format(time.RFC3339) }
