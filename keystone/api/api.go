package api

import (
	"log/slog"
	"net/http"
	"slices"

	"cumulet/keystone"
	"cumulet/keystone/applicationcredential"
	"cumulet/keystone/assignment"
	"cumulet/keystone/auth"
	"cumulet/keystone/catalog"
	"cumulet/keystone/credential"
	"cumulet/keystone/federation"
	"cumulet/keystone/federation/oidc"
	"cumulet/keystone/federation/saml"
	"cumulet/keystone/identity"
	"cumulet/keystone/kept"
	"cumulet/keystone/limit"
	"cumulet/keystone/oauth"
	"cumulet/keystone/resource"
	"cumulet/keystone/trust"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

// API is keystone's wire face.
type API struct {
	Prefix                string // where the gateway mounts it: "/identity"
	Tokens                *auth.Manager
	Identity              *identity.Manager
	Resource              *resource.Manager
	Assignment            *assignment.Manager
	Catalog               *catalog.Manager
	ApplicationCredential *applicationcredential.Manager
	Credential            *credential.Manager
	Trust                 *trust.Manager
	Limit                 *limit.Manager
	OAuth                 *oauth.Manager
	Federation            *federation.Manager
	// OpenID and SAML are the identity providers that can be asked, by their ids.
	OpenID map[string]*oidc.Provider
	SAML   map[string]*saml.Provider
	// Issuer tells other clouds of this one's users; nil where it does not.
	Issuer *saml.Issuer
	// ExternalSecret is what the web server before keystone says to be believed; "" where there is none.
	ExternalSecret string
	Kept           *kept.Answers
	Policy         *policy.Enforcer
	Config         keystone.Config
	Log            *slog.Logger
	// Keeper has POST requests with an Idempotency-Key answered once.
	Keeper rest.Keeper
}

// Handler serves the API.
func (a *API) Handler() (http.Handler, error) {
	api := &rest.API{
		Service: "keystone", Prefix: a.Prefix, Routes: a.Routes(), Dialect: dialect(),
		Auth: Authenticator{a.Tokens}, Policy: a.Policy, Log: a.Log, RouterFirst: true, Keeper: a.Keeper,
	}
	return api.Handler()
}

// Routes is the table of the API.
func (a *API) Routes() []rest.Route {
	return slices.Concat(
		a.versionRoutes(), a.tokenRoutes(),
		a.domainRoutes(), a.domainConfigRoutes(), a.projectRoutes(), a.tagRoutes(),
		a.userRoutes(), a.groupRoutes(),
		a.roleRoutes(), a.impliedRoleRoutes(), a.grantRoutes(), a.assignmentRoutes(),
		a.regionRoutes(), a.serviceRoutes(), a.endpointRoutes(),
		a.applicationCredentialRoutes(), a.credentialRoutes(), a.ec2CredentialRoutes(), a.signedTokenRoutes(), a.trustRoutes(),
		a.consumerRoutes(), a.oauthTokenRoutes(), a.accessTokenRoutes(), a.oauth2TokenRoutes(), a.revocationRoutes(),
		a.endpointGroupRoutes(), a.endpointFilterRoutes(), a.policyRoutes(), a.policyAssociationRoutes(), a.simpleCertRoutes(),
		a.registeredLimitRoutes(), a.limitRoutes(),
		a.identityProviderRoutes(), a.federationProtocolRoutes(), a.mappingRoutes(), a.serviceProviderRoutes(), a.federatedTokenRoutes(), a.assertionRoutes(),
	)
}
