package swift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/objectstorage/v1/swauth"

	"cumulet/glance/store"
	"cumulet/oslo/config"
)

// Options are what a store of this kind is configured by. The names in comments are upstream's.
type Options struct {
	// AuthVersion is swift_store_auth_version, AuthAddress swift_store_auth_address.
	AuthVersion int    `conf:"auth_version" doc:"3, by keystone, or 1, by swift itself; 3 when 0"`
	AuthAddress string `conf:"auth_address" doc:"where to sign in: https://cloud.example.org/identity/v3, or https://swift.example.org/auth/v1.0"`
	// User, Key, UserDomain and ProjectDomain are swift_store_user (project:user there), _key, user_domain_name, project_domain_name.
	User          string        `conf:"user" doc:"who signs in; of version 1 as account:user"`
	Key           config.Secret `conf:"key" doc:"the user's password or key"`
	Project       string        `conf:"project" doc:"name of the project that the images are kept in, with version 3"`
	UserDomain    string        `conf:"user_domain" doc:"name of the user's domain, with version 3; Default when empty"`
	ProjectDomain string        `conf:"project_domain" doc:"name of the project's domain, with version 3; Default when empty"`
	// Region is swift_store_region, Interface swift_store_endpoint_type.
	Region    string `conf:"region" doc:"region of the object store in keystone's catalog; the only one when empty"`
	Interface string `conf:"interface" doc:"public, internal or admin: which of its addresses is used; public when empty"`
	// Container is swift_store_container; CreateContainer swift_store_create_container_on_put.
	Container       string `conf:"container" doc:"the container that the images are kept in; glance when empty"`
	CreateContainer bool   `conf:"create_container" doc:"make the container when it is not there"`
	// Prefix parts clouds that share a container.
	Prefix string `conf:"prefix" doc:"what the names of this cloud's objects begin with, such as paris/; no two clouds may have the same in one container"`
	// SegmentSize is swift_store_large_object_chunk_size.
	SegmentSize config.Size `conf:"segment_size" doc:"size of the segments of a large image; 200MiB when 0"`
	// CACert is swift_store_cacert.
	CACert string `conf:"cacert" doc:"file of the authorities that the servers are known by; the machine's when empty"`
}

// mostSegment is what swift takes as one object (max_file_size).
const mostSegment = 5 << 30

// Check refuses options that no store could be made of.
func (o *Options) Check() error {
	u, err := url.Parse(o.AuthAddress)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("swift.auth_address: %q is no address such as https://cloud.example.org/identity/v3", o.AuthAddress)
	case o.AuthVersion != 0 && o.AuthVersion != 1 && o.AuthVersion != 3:
		return fmt.Errorf("swift.auth_version: %d is neither 1 nor 3", o.AuthVersion)
	case o.User == "" || o.Key == "":
		return errors.New("swift.user, swift.key: both are needed to sign in")
	case o.AuthVersion != 1 && o.Project == "":
		return errors.New("swift.project: it is needed to sign in by keystone")
	case o.SegmentSize > mostSegment:
		return fmt.Errorf("swift.segment_size: %s is more than 5GiB", o.SegmentSize)
	}
	switch o.Interface {
	case "", "public", "internal", "admin":
		return nil
	}
	return fmt.Errorf("swift.interface: %q is neither public, internal nor admin", o.Interface)
}

// Place tells stores apart by where their objects lie.
func (o *Options) Place() string {
	account := o.Project
	if o.AuthVersion == 1 {
		account, _, _ = strings.Cut(o.User, ":")
	}
	return strings.Join([]string{o.AuthAddress, o.Region, account, cmp.Or(o.Container, "glance"), o.Prefix}, " ")
}

// Open makes the store. It does not ask the server, which may be away while the cloud starts.
func Open(name string, o Options) (*Store, error) {
	transport, err := store.Trust(o.CACert)
	if err != nil {
		return nil, fmt.Errorf("swift.cacert: %w", err)
	}
	s := &Store{
		StoreName: name, Container: cmp.Or(o.Container, "glance"), Prefix: o.Prefix, CreateContainer: o.CreateContainer,
		SegmentSize: cmp.Or(int64(o.SegmentSize), 200<<20), SignIn: o.signIn(transport),
	}
	return s, nil
}

// signIn makes what signs in, and again whenever the token has run out.
func (o Options) signIn(transport *http.Transport) func(context.Context) (*gophercloud.ServiceClient, error) {
	return func(ctx context.Context) (*gophercloud.ServiceClient, error) {
		provider, err := openstack.NewClient(o.AuthAddress)
		if err != nil {
			return nil, err
		}
		provider.HTTPClient = http.Client{Transport: apart{transport}}
		if o.AuthVersion == 1 {
			return o.byItself(ctx, provider)
		}
		if err := openstack.Authenticate(ctx, provider, gophercloud.AuthOptions{
			IdentityEndpoint: o.AuthAddress, Username: o.User, Password: o.Key.Reveal(), DomainName: cmp.Or(o.UserDomain, "Default"), AllowReauth: true,
			Scope: &gophercloud.AuthScope{ProjectName: o.Project, DomainName: cmp.Or(o.ProjectDomain, "Default")},
		}); err != nil {
			return nil, err
		}
		return openstack.NewObjectStorageV1(provider, gophercloud.EndpointOpts{
			Region: o.Region, Availability: gophercloud.Availability(cmp.Or(o.Interface, "public")),
		})
	}
}

// byItself signs in with the object store's own users.
func (o Options) byItself(ctx context.Context, provider *gophercloud.ProviderClient) (*gophercloud.ServiceClient, error) {
	// What the library adds itself, which is where every swift has it.
	base := strings.TrimSuffix(strings.TrimSuffix(o.AuthAddress, "/"), "/auth/v1.0") + "/"
	ask := func(ctx context.Context) (*swauth.AuthResult, error) {
		// Of another provider, which has no token yet and signs in nobody again.
		once := &gophercloud.ProviderClient{IdentityBase: base, IdentityEndpoint: base, HTTPClient: provider.HTTPClient}
		return swauth.Auth(ctx, once, swauth.AuthOpts{User: o.User, Key: o.Key.Reveal()}).Extract()
	}
	signed, err := ask(ctx)
	if err != nil {
		return nil, err
	}
	provider.SetToken(signed.Token)
	provider.ReauthFunc = func(ctx context.Context) error {
		again, err := ask(ctx)
		if err == nil {
			provider.SetToken(again.Token)
		}
		return err
	}
	return &gophercloud.ServiceClient{ProviderClient: provider, Endpoint: gophercloud.NormalizeURL(signed.StorageURL)}, nil
}
