package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// Mapped is who somebody is here.
type Mapped struct {
	User     User
	GroupIDs []string
	Groups   []Group
	Projects []Project
}

// User is a user that a mapping names. A local one is a user of keystone's own; else they are of the identity provider.
type User struct {
	ID, Name, Email string
	Domain          Domain
	Local           bool
}

// Domain names a domain by its id or its name.
type Domain struct{ ID, Name string }

// Group names a group.
type Group struct {
	Name   string
	Domain Domain
}

// Project is one that is to be there for the user, with roles of these names in it.
type Project struct {
	Name  string
	Roles []string
}

// Bounds on what a mapping is given and gives.
const (
	mostBytes  = 256 << 10
	mostGroups = 4096
)

// nobody is upstream's word for a mapping none of whose rules fits.
const nobody = "Could not map any federated user properties to identity values. Check debug logs or the mapping used for additional details."

// Apply says who somebody is of whom an identity provider says this: values by attributes.
func Apply(mappingID string, rules []Rule, assertion map[string][]string) (Mapped, error) {
	size := 0
	for name, values := range assertion {
		for _, v := range values {
			size += len(name) + len(v)
		}
	}
	if size > mostBytes {
		return Mapped{}, keystone.Invalid("The identity provider says more than %d bytes.", mostBytes)
	}
	m, applies := &maker{}, false
	for _, rule := range rules {
		values, met := rule.met(assertion)
		if !met {
			continue
		}
		for _, local := range rule.Local {
			applies = true
			filled := any(local)
			if len(values) > 0 {
				var err error
				if filled, err = fill(local, values); err != nil {
					return Mapped{}, fault.New(fault.Invalid, "DirectMappingError", "Local section in mapping %s refers to a remote match that "+
						"doesn't exist (e.g. {0} in a local section).", mappingID).Because(err)
				}
			}
			if err := m.add(filled.(map[string]any)); err != nil {
				return Mapped{}, keystone.Invalid("%s", err.Error())
			}
		}
	}
	if !applies {
		return Mapped{}, keystone.Invalid(nobody)
	}
	return m.Mapped, nil
}

// met gives the values of a rule's requirements that are no conditions, in order, if all are met.
func (r Rule) met(assertion map[string][]string) (values [][]string, met bool) {
	for _, requirement := range r.Remote {
		mapped, maps, met := requirement.met(assertion[requirement.Type])
		if !met {
			return nil, false
		}
		if maps {
			values = append(values, mapped)
		}
	}
	return values, true
}

// maker puts together what rules add.
type maker struct {
	Mapped
	named bool // a rule has named the user; others that do are passed over
}

func (m *maker) add(local map[string]any) error {
	if user, ok := local["user"].(map[string]any); ok && !m.named {
		m.named = true
		m.User = User{
			ID: word(user["id"]), Name: word(user["name"]), Email: word(user["email"]), Domain: domain(user["domain"]), Local: word(user["type"]) == "local",
		}
	}
	if group, ok := local["group"].(map[string]any); ok {
		if id := word(group["id"]); id != "" {
			m.addID(id)
		} else if name := word(group["name"]); name != "" {
			m.addGroup(Group{name, domain(group["domain"])})
		}
	}
	if groups, ok := local["groups"]; ok {
		if err := m.addGroups(groups, domain(local["domain"])); err != nil {
			return err
		}
	}
	for _, id := range words(local["group_ids"]) {
		m.addID(id)
	}
	if projects, ok := local["projects"].([]any); ok {
		m.Projects = nil
		for _, p := range projects {
			m.addProject(p)
		}
	}
	if len(m.Groups)+len(m.GroupIDs) > mostGroups {
		return fmt.Errorf("the mapping gives more than %d groups", mostGroups)
	}
	return nil
}

func (m *maker) addID(id string) {
	if !slices.Contains(m.GroupIDs, id) {
		m.GroupIDs = append(m.GroupIDs, id)
	}
}

func (m *maker) addGroup(g Group) {
	if !slices.Contains(m.Groups, g) {
		m.Groups = append(m.Groups, g)
	}
}

// addGroups adds groups by their names in a domain, or as another keystone tells of them: JSON:{"name": …, "domain": …}.
func (m *maker) addGroups(groups any, in Domain) error {
	for _, name := range words(groups) {
		if text, ok := strings.CutPrefix(name, "JSON:"); ok {
			var given struct {
				Name   string `json:"name"`
				Domain *struct{ ID, Name string }
			}
			if err := json.Unmarshal([]byte(text), &given); err != nil || given.Name == "" || given.Domain == nil {
				return errors.New("a group that begins with JSON: has no name or no domain")
			}
			m.addGroup(Group{given.Name, Domain{given.Domain.ID, given.Domain.Name}})
			continue
		}
		if in == (Domain{}) {
			return errors.New("Invalid rule: Both 'groups' and 'domain' keywords must be specified.")
		}
		m.addGroup(Group{name, in})
	}
	return nil
}

func (m *maker) addProject(given any) {
	p, _ := given.(map[string]any)
	project := Project{Name: word(p["name"])}
	roles, _ := p["roles"].([]any)
	for _, r := range roles {
		if role, ok := r.(map[string]any); ok {
			project.Roles = append(project.Roles, word(role["name"]))
		}
	}
	m.Projects = append(m.Projects, project)
}

func domain(given any) Domain {
	d, _ := given.(map[string]any)
	return Domain{ID: word(d["id"]), Name: word(d["name"])}
}

// word is a text, or the only one of a list.
func word(given any) string {
	switch v := given.(type) {
	case string:
		return v
	case []string:
		if len(v) == 1 {
			return v[0]
		}
		return strings.Join(v, ";")
	}
	return ""
}

// words is a list, or a text that is one as Python writes it, or one text.
func words(given any) []string {
	switch v := given.(type) {
	case []string:
		return v
	case string:
		if list, ok := literal(v); ok {
			return list
		}
		if v != "" {
			return []string{v}
		}
	}
	return nil
}
