package glance

import (
	"fmt"
	"net/netip"
)

// WebConfig says what web-download may fetch; upstream's section import_filtering_opts, and which addresses that are not the
// Internet's may be asked all the same. Of two lists of a kind the second counts only where the first is empty.
type WebConfig struct {
	AllowedSchemes    []string `conf:"allowed_schemes" doc:"schemes of URLs that may be fetched"`
	DisallowedSchemes []string `conf:"disallowed_schemes" doc:"schemes that may not"`
	AllowedHosts      []string `conf:"allowed_hosts" doc:"hosts that may be asked"`
	DisallowedHosts   []string `conf:"disallowed_hosts" doc:"hosts that may not"`
	AllowedPorts      []int    `conf:"allowed_ports" doc:"ports that may be asked where a URL names one"`
	DisallowedPorts   []int    `conf:"disallowed_ports" doc:"ports that may not"`
	PrivateNetworks   []string `conf:"private_networks" doc:"networks that may be asked though they are not the Internet's: 10.1.0.0/16"`
}

// DefaultWebConfig is upstream's, and no address but the Internet's.
func DefaultWebConfig() WebConfig {
	return WebConfig{AllowedSchemes: []string{"http", "https"}, AllowedPorts: []int{80, 443}}
}

// Private are the networks that may be asked though they are not the Internet's.
func (c WebConfig) Private() ([]netip.Prefix, error) {
	var all []netip.Prefix
	for _, text := range c.PrivateNetworks {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, fmt.Errorf("private_networks: %q is no network such as 10.1.0.0/16", text)
		}
		all = append(all, network.Masked())
	}
	return all, nil
}

// Check refuses networks that are none.
func (c *WebConfig) Check() error {
	_, err := c.Private()
	return err
}
