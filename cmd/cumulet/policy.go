package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"cumulet/keystone/middleware"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

type policyCommand struct {
	Explain explainCommand `cmd:"" help:"Tell which checks of a rule a token passes, and which not."`
}

type explainCommand struct {
	Rule    string   `arg:"" help:"The rule, as a refusal names it: os_compute_api:servers:create"`
	Target  []string `arg:"" optional:"" name:"attribute=value" help:"What would be acted upon: project_id=… user_id=…"`
	Token   string   `env:"OS_TOKEN" required:"" help:"The token of whoever was refused. The variable keeps it out of the list of processes."`
	Service string   `help:"Whose rule it is, where several services have one of that name."`
}

// Run asks the rule as it is configured here.
func (e explainCommand) Run(ctx context.Context, c *commands) error {
	target, err := e.target()
	if err != nil {
		return err
	}
	config, err := loadConfig(c)
	if err != nil {
		return err
	}
	rules, err := e.rules(config)
	if err != nil {
		return err
	}
	admin, err := readAccount(dataDir(c.Data).openrc("admin"))
	if err != nil {
		return err
	}
	who, err := holder(ctx, admin, e.Token)
	if err != nil {
		return err
	}
	return e.print(os.Stdout, rules, who, target)
}

func (e explainCommand) target() (policy.Target, error) {
	target := policy.Target{}
	for _, one := range e.Target {
		name, value, found := strings.Cut(one, "=")
		if !found || name == "" {
			return nil, fmt.Errorf("%q is not of the form attribute=value, as project_id=…", one)
		}
		target[name] = value
	}
	return target, nil
}

// rules are those of the service that has the rule, with the operator's file over them.
func (e explainCommand) rules(config Config) (*policy.Enforcer, error) {
	var found []string
	var of *policy.Enforcer
	for _, f := range faces() {
		if e.Service != "" && e.Service != f.service {
			continue
		}
		rules, err := policy.New(f.rules)
		if file := config.PolicyFiles[f.service]; err == nil && file != "" {
			rules, err = rules.Load(file)
		}
		if err != nil {
			return nil, err
		}
		if rules.Has(e.Rule) {
			found, of = append(found, f.service), rules
		}
	}
	switch {
	case len(found) > 1:
		return nil, fmt.Errorf("several services have a rule %q: say --service with one of %s", e.Rule, strings.Join(found, ", "))
	case len(found) == 0:
		return nil, fmt.Errorf("there is no rule %q: `cumulet describe rules` lists them", e.Rule)
	}
	return of, nil
}

// holder is whom a token stands for, as the services see it.
func holder(ctx context.Context, admin account, token string) (policy.Who, error) {
	keystone := &middleware.Keystone{
		URL: admin.gateway() + "/identity", Client: &http.Client{Timeout: apiTimeout},
		User: admin.Username, Password: admin.Password, Project: admin.Project, Now: time.Now,
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, keystone.URL, http.NoBody)
	if err != nil {
		return policy.Who{}, err
	}
	request.Header.Set("X-Auth-Token", token)
	who, err := (&middleware.Middleware{Keystone: keystone}).Authenticate(ctx, request)
	if fault.Is(err, fault.Unauthorized) {
		err = fmt.Errorf("keystone at %s does not know the token, or it has ended%w", keystone.URL, unsaid{err})
	}
	return who, err
}

func (e explainCommand) print(w io.Writer, rules *policy.Enforcer, who policy.Who, target policy.Target) error {
	said := "is refused"
	if rules.Check(e.Rule, who, target).Allowed {
		said = "is allowed"
	}
	scope := "without a scope"
	switch {
	case who.ProjectID != "":
		scope = fmt.Sprintf("in project %s (%s)", who.ProjectName, who.ProjectID)
	case who.DomainID != "":
		scope = fmt.Sprintf("in domain %s (%s)", who.DomainName, who.DomainID)
	case who.SystemScope != "":
		scope = "on the system"
	}
	roles := slices.Sorted(slices.Values(who.Roles))
	fmt.Fprintf(w, "%s %s to %s (%s) %s, with the roles %s\n\n", e.Rule, said, who.UserName, who.UserID, scope, strings.Join(roles, ", "))
	var table bytes.Buffer
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, l := range rules.Explain(e.Rule, who, target) {
		mark := "no "
		if l.Holds {
			mark = "yes"
		}
		fmt.Fprintf(t, "%s  %s%s\t%s\n", mark, strings.Repeat("  ", l.Depth), l.Check, l.Why)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(table.String()) {
		fmt.Fprintln(w, strings.TrimRight(line, " \n"))
	}
	return nil
}
