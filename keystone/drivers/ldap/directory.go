package ldap

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"cumulet/keystone"
	"cumulet/oslo/fault"
)

// Directory is the directory of one domain; an identity.Directory.
type Directory struct {
	options
	domainID        string
	connector       *connector
	readers, binder *pool
}

// Open makes ready to ask the directory that a domain has configured. It asks nothing yet.
func Open(domainID string, config keystone.DomainConfig) (*Directory, error) {
	o, err := parse(config)
	if err != nil {
		return nil, fmt.Errorf("ldap.%w", err)
	}
	c, err := newConnector(o)
	if err != nil {
		return nil, fmt.Errorf("ldap.%w", err)
	}
	d := &Directory{options: o, domainID: domainID, connector: c}
	d.readers = newPool(o.pool, func(ctx context.Context) (*ldap.Conn, error) {
		conn, err := c.dial(ctx)
		if err != nil {
			return nil, err
		}
		if err := c.signIn(conn); err != nil {
			_ = conn.Close() // it serves nobody
			return nil, fmt.Errorf("sign in as ldap.user: %w", err)
		}
		return conn, nil
	}, o.retries, o.retryDelay)
	d.binder = newPool(o.authPool, c.dial, o.retries, o.retryDelay)
	return d, nil
}

// Close closes the connections, those under way when they have done their work.
func (d *Directory) Close() {
	d.readers.close()
	d.binder.close()
}

// away is the fault for a directory that does not answer as it should; why is for the log.
func (d *Directory) away(why error) error {
	if errors.Is(why, context.Canceled) || fault.Of(why) != nil {
		return why
	}
	f := fault.New(fault.Unavailable, "LDAPServerConnectionError", "The directory of domain %s cannot be asked.", d.domainID)
	switch {
	case errors.Is(why, context.DeadlineExceeded):
		f = fault.New(fault.Unavailable, "LDAPServerConnectionError", "The directory of domain %s did not answer in time.", d.domainID)
	case ldap.IsErrorWithCode(why, ldap.LDAPResultInvalidCredentials): // as keystone/exception.py, LDAPInvalidCredentialsError
		f = fault.New(fault.Unavailable, "LDAPInvalidCredentialsError", "Unable to authenticate against Identity backend - Invalid username or password")
	}
	return f.Because(why)
}

// tooMany is the fault for an answer that is cut off. As keystone/exception.py, LDAPSizeLimitExceeded.
func tooMany() error {
	return fault.New(fault.Unavailable, "LDAPSizeLimitExceeded",
		"Number of User/Group entities returned by LDAP exceeded size limit. Contact your LDAP administrator.")
}
