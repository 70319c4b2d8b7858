package keystone

import (
	"regexp"
	"strings"
)

// Interface says for whom an endpoint is.
type Interface string

// The interfaces.
const (
	Public   Interface = "public"
	Internal Interface = "internal"
	Admin    Interface = "admin"
)

// Endpoint is where a service is reached. Its URL may hold $(project_id)s and $(user_id)s.
type Endpoint struct {
	ID        string
	ServiceID string
	RegionID  string
	Interface Interface
	URL       string
	Enabled   bool
	Extra     map[string]any
}

// Identity makes an endpoint's events findable.
func (e Endpoint) Identity() (id, projectID string) { return e.ID, "" }

// EndpointChange is what an update gives; nil members stay.
type EndpointChange struct {
	ServiceID, RegionID, URL *string
	Interface                *Interface
	Enabled                  *bool
	Extra                    map[string]any
}

// Apply changes e.
func (c EndpointChange) Apply(e *Endpoint) {
	set(&e.ServiceID, c.ServiceID)
	set(&e.RegionID, c.RegionID)
	set(&e.URL, c.URL)
	set(&e.Interface, c.Interface)
	set(&e.Enabled, c.Enabled)
	e.Extra = merged(e.Extra, c.Extra, false)
}

// placeholder is a variable in an endpoint's URL: $(name)s or %(name)s.
var placeholder = regexp.MustCompile(`[$%]\(([^)]*)\)(s?)`)

// ValidURL tells whether every variable of the URL is one that Fill knows.
func (e Endpoint) ValidURL() bool {
	for _, m := range placeholder.FindAllStringSubmatch(e.URL, -1) {
		switch m[1] {
		case "tenant_id", "project_id", "user_id":
		default:
			return false
		}
		if m[2] == "" {
			return false
		}
	}
	return true
}

// Personal tells whether the endpoint's URL is another for other users or projects.
func (e Endpoint) Personal() bool { return placeholder.MatchString(e.URL) }

// Fill is the endpoint's URL for a user in a project; ok is false where the URL asks for a project and there is none.
// As keystone/catalog/core.py, format_url.
func (e Endpoint) Fill(userID, projectID string) (url string, ok bool) {
	ok = true
	url = placeholder.ReplaceAllStringFunc(e.URL, func(found string) string {
		value := projectID
		if strings.Contains(found, "(user_id)") {
			value = userID
		}
		ok = ok && value != ""
		return value
	})
	return url, ok
}
