package http

import (
	"fmt"
	"net/netip"
	"time"

	"cumulet/glance/store"
	"cumulet/oslo/outbound"
)

// Options are what a store of this kind is configured by. The names in comments are upstream's.
type Options struct {
	// Private are let by though they are not the Internet's.
	Private []netip.Prefix `conf:"private" doc:"networks of yours that images may lie in, such as 10.1.0.0/16; without them only addresses of the Internet are asked"`
	// Silence ends a download from a server that has stopped to send.
	Silence time.Duration `conf:"silence" doc:"how long a server may say nothing; 1m when 0"`
	// CACert is https_ca_certificates_file.
	CACert string `conf:"cacert" doc:"file of the authorities that servers are known by; the machine's when empty"`
}

// Open makes the store. The filter says which URLs may be asked, those that servers lead on to among them.
func Open(name string, o Options, filter outbound.Filter) (*Store, error) {
	trust, err := store.Trust(o.CACert)
	if err != nil {
		return nil, fmt.Errorf("http.cacert: %w", err)
	}
	guard := outbound.Guard{Filter: filter, Private: o.Private, TLS: trust.TLSClientConfig, Silence: o.Silence}
	return &Store{StoreName: name, Client: guard.Client()}, nil
}
