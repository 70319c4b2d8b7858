package keystone

import "cumulet/oslo/fault"

// ServiceProvider is another cloud, which takes this one's word for who its users are.
type ServiceProvider struct {
	ID               string
	AuthURL          string
	AssertionURL     string // where assertions are sent
	Enabled          bool
	Description      *string
	RelayStatePrefix *string
}

// Identity makes a service provider's events findable.
func (p ServiceProvider) Identity() (id, projectID string) { return p.ID, "" }

// ServiceProviderChange is what an update gives; nil members stay.
type ServiceProviderChange struct {
	AuthURL, AssertionURL         *string
	Enabled                       *bool
	Description, RelayStatePrefix **string
}

// Apply changes p.
func (c ServiceProviderChange) Apply(p *ServiceProvider) {
	set(&p.AuthURL, c.AuthURL)
	set(&p.AssertionURL, c.AssertionURL)
	set(&p.Enabled, c.Enabled)
	set(&p.Description, c.Description)
	set(&p.RelayStatePrefix, c.RelayStatePrefix)
}

// ServiceProviderNotFound is the fault for a service provider that is not there.
func ServiceProviderNotFound(id string) *fault.Fault {
	return fault.New(fault.NotFound, "ServiceProviderNotFound", "Could not find Service Provider: %s.", id)
}
