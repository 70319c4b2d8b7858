package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	glance "cumulet/glance/api"
	keystone "cumulet/keystone/api"
	neutron "cumulet/neutron/api"
	nova "cumulet/nova/api"
	"cumulet/oslo/config"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
	"cumulet/oslo/telemetry/collect"
	placement "cumulet/placement/api"
)

// description is one of the tables that the code is made of.
type description struct {
	name, about string
	print       func(io.Writer) error
}

// descriptions are what `cumulet describe` prints; docs/reference holds the same prints.
func descriptions() []description {
	return []description{
		{"routes", "Every route of every API: method and path behind the gateway's prefix, the policy rule it asks, its microversions.", describeRoutes},
		{"rules", "Every policy rule with its default check, as operators' policy.yaml files may replace it.", describeRules},
		{"config", "Every option of the configuration: its place in the file, its environment variable, type and default.", describeConfig},
		{"versions", "Every microversion and what it changed. Where cumulet lacks what a version is about, it changes nothing here.", describeVersions},
		{"events", "Every event that services record in the transaction of the change: its name, what it carries, and when.", describeEvents},
		{"states", "The states of things, and how they follow upon one another.", describeStates},
		{"keystone", "What keystone takes beside the configuration: methods of authentication, options of domains, deeds of operators.", describeKeystone},
		{"roles", "Every role, in the order of starting.", describeRoles},
	}
}

// face is what an API's package tells of itself.
type face struct {
	service string
	prefix  string
	routes  []rest.Route
	rules   []policy.Rule
}

// faces are the APIs; their tables need nothing of a running cloud.
func faces() []face {
	return []face{
		{"keystone", "/identity", (&keystone.API{}).Routes(), keystone.Rules()},
		{"glance", "/image", (&glance.API{}).Routes(), glance.Rules()},
		{"placement", "/placement", (&placement.API{}).Routes(), placement.Rules()},
		{"nova", "/compute", (&nova.API{}).Routes(), nova.Rules()},
		{"neutron", "/network", (&neutron.API{}).Routes(), neutron.Rules()},
		{"telemetry", tracePrefix, (&collect.API{}).Routes(), collect.Rules()},
	}
}

func describeRoutes(w io.Writer) error {
	for _, f := range faces() {
		fmt.Fprintf(w, "\n## %s\n\n| | path | rule | microversions | status |\n|---|---|---|---|---|\n", f.prefix)
		for _, r := range f.routes {
			method, path, _ := strings.Cut(r.Do, " ")
			rule := "`" + r.Rule + "`"
			if r.Rule == rest.Public {
				rule = "none: open to all"
			}
			status := http.StatusText(r.Status)
			if r.Unkept {
				status += "; Idempotency-Key ignored"
			}
			fmt.Fprintf(w, "| %s | `%s` | %s | %s | %d %s |\n", method, path, rule, window(r), r.Status, status)
		}
	}
	return nil
}

// window writes the microversions that have a route.
func window(r rest.Route) string {
	switch {
	case r.Min.IsZero() && r.Max.IsZero():
		return ""
	case r.Max.IsZero():
		return r.Min.String() + " on"
	case r.Min.IsZero():
		return "up to " + r.Max.String()
	}
	return r.Min.String() + " to " + r.Max.String()
}

func describeRules(w io.Writer) error {
	for _, f := range faces() {
		fmt.Fprintf(w, "\n## %s\n\n| rule | check | for |\n|---|---|---|\n", f.prefix)
		for _, r := range f.rules {
			fmt.Fprintf(w, "| `%s` | `%s` | %s |\n", r.Name, r.Check, r.Doc)
		}
	}
	return nil
}

func describeConfig(w io.Writer) error {
	made := defaultConfig()
	fmt.Fprint(w, "\n| option | environment | type | default | |\n|---|---|---|---|---|\n")
	for _, o := range config.Describe(&made) {
		variable := "in the file only"
		if o.Variable != "" {
			variable = "`" + o.Variable + "`"
		}
		fmt.Fprintf(w, "| `%s` | %s | %s | `%s` | %s |\n", o.Key, variable, o.Type, o.Default, o.Doc)
	}
	return nil
}

func describeRoles(w io.Writer) error {
	fmt.Fprintln(w)
	for _, r := range roles() {
		fmt.Fprintf(w, "- %s\n", r.name)
	}
	return nil
}

// page writes a description as the page it is in docs/reference.
func (d description) page(w io.Writer) error {
	fmt.Fprintf(w, "# %s\n\n%s Printed by `cumulet describe %s`.\n", d.name, d.about, d.name)
	return d.print(w)
}

type describeCommand struct {
	What string `arg:"" enum:"routes,rules,versions,events,config,states,keystone,roles" help:"routes, rules, versions, events, config, states, keystone or roles."`
}

// Run prints one table.
func (c describeCommand) Run() error {
	all := descriptions()
	i := slices.IndexFunc(all, func(d description) bool { return d.name == c.What })
	return all[i].page(os.Stdout)
}
