package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
)

// operator is the administrator of a cloud, signed in.
type operator struct {
	provider    *gophercloud.ProviderClient
	url, region string // of the gateway
}

// signIn signs in as the administrator of the cloud in d.
func signIn(ctx context.Context, d dataDir) (operator, error) {
	admin, err := readAccount(d.openrc("admin"))
	if err != nil {
		return operator{}, err
	}
	provider, err := openstack.AuthenticatedClient(ctx, gophercloud.AuthOptions{
		IdentityEndpoint: admin.AuthURL, Username: admin.Username, Password: admin.Password,
		TenantName: admin.Project, DomainName: "Default", AllowReauth: true,
	})
	if err != nil {
		return operator{}, fmt.Errorf("sign in at %s (is the cloud up?): %w", admin.AuthURL, err)
	}
	return operator{provider, admin.gateway(), admin.Region}, nil
}

// readAccount reads an openrc file that this program wrote.
func readAccount(file string) (account, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return account{}, fmt.Errorf("no cloud was started here yet: %w", err)
	}
	values := map[string]string{}
	for _, line := range strings.Split(string(b), "\n") {
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		if ok {
			value = strings.TrimSuffix(strings.TrimPrefix(value, "'"), "'")
			values[name] = strings.ReplaceAll(value, `'\''`, "'")
		}
	}
	return account{
		Username: values["OS_USERNAME"], Password: values["OS_PASSWORD"], Project: values["OS_PROJECT_NAME"],
		AuthURL: values["OS_AUTH_URL"], Region: values["OS_REGION_NAME"],
	}, nil
}
