package main

import (
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// account is how somebody signs in, as clouds.yaml and openrc files say it.
type account struct {
	Username, Password, Project, AuthURL, Region string
}

// gateway is where the account's cloud is reached.
func (a account) gateway() string { return strings.TrimSuffix(a.AuthURL, "/identity/v3") }

// exports are the OS_* lines for a shell.
func (a account) exports() string {
	var b strings.Builder
	for _, pair := range [][2]string{
		{"OS_AUTH_URL", a.AuthURL}, {"OS_USERNAME", a.Username}, {"OS_PASSWORD", a.Password}, {"OS_PROJECT_NAME", a.Project},
		{"OS_USER_DOMAIN_NAME", "Default"}, {"OS_PROJECT_DOMAIN_NAME", "Default"}, {"OS_REGION_NAME", a.Region},
		{"OS_IDENTITY_API_VERSION", "3"},
	} {
		fmt.Fprintf(&b, "export %s='%s'\n", pair[0], strings.ReplaceAll(pair[1], "'", `'\''`))
	}
	return b.String()
}

// cloud is the account as an entry of clouds.yaml.
func (a account) cloud() map[string]any {
	return map[string]any{
		"auth": map[string]any{
			"auth_url": a.AuthURL, "username": a.Username, "password": a.Password, "project_name": a.Project,
			"user_domain_name": "Default", "project_domain_name": "Default",
		},
		"region_name": a.Region, "identity_api_version": 3,
	}
}

// writeAccounts writes clouds.yaml and the openrc files. "cumulet" is the demo's account where there is one, since that is who a
// newcomer shall be.
func (d dataDir) writeAccounts(admin account, demo *account) error {
	clouds := map[string]any{"cumulet-admin": admin.cloud(), "cumulet": admin.cloud()}
	if err := replaceFile(d.openrc("admin"), []byte(admin.exports())); err != nil {
		return err
	}
	if demo != nil {
		clouds["cumulet"], clouds["cumulet-demo"] = demo.cloud(), demo.cloud()
		if err := replaceFile(d.openrc("demo"), []byte(demo.exports())); err != nil {
			return err
		}
	}
	b, err := yaml.Marshal(map[string]any{"clouds": clouds})
	if err != nil {
		return err
	}
	return replaceFile(d.clouds(), b)
}

type envCommand struct {
	Who string `arg:"" optional:"" default:"admin" enum:"admin,demo" help:"admin or demo."`
}

// Run prints the exports: eval "$(cumulet env admin)".
func (e envCommand) Run(c *commands) error {
	b, err := os.ReadFile(dataDir(c.Data).openrc(e.Who))
	if os.IsNotExist(err) {
		return fmt.Errorf("there is no account %q in %s: start the cloud first with `cumulet up`, or name its data with --data", e.Who, c.Data)
	}
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(b)
	return err
}
