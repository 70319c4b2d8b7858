package ldap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// Bounds on a directory, whatever it is configured to be given.
const (
	connectTimeout = 5 * time.Second
	answerTimeout  = 15 * time.Second // of a question, with all of its pages
	largestMessage = 16 << 20         // bytes
)

// connector makes connections to a directory.
type connector struct {
	options
	tlsConfig *tls.Config
}

var boundMessages sync.Once

func newConnector(o options) (*connector, error) {
	boundMessages.Do(func() { ber.MaxPacketLengthBytes = largestMessage })
	c := &connector{options: o, tlsConfig: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.certificate != "demand"}} //nolint:gosec // as the operator says
	if o.caFile == "" && o.caFolder == "" {
		return c, nil
	}
	files := []string{o.caFile}
	if o.caFile == "" {
		var err error
		if files, err = filepath.Glob(filepath.Join(o.caFolder, "*")); err != nil {
			return nil, fmt.Errorf("tls_cacertdir: %w", err)
		}
	}
	trusted, found := x509.NewCertPool(), false
	for _, file := range files {
		pem, err := os.ReadFile(file)
		if err != nil && o.caFile != "" {
			return nil, fmt.Errorf("tls_cacertfile: %w", err)
		}
		found = trusted.AppendCertsFromPEM(pem) || found
	}
	if !found {
		return nil, errors.New("tls_cacertfile, tls_cacertdir: there is no certificate")
	}
	c.tlsConfig.RootCAs = trusted
	return c, nil
}

// dial connects to the first server that is there, as nobody yet. What comes next on the connection must be answered as soon as the
// connection itself.
func (c *connector) dial(ctx context.Context) (*ldap.Conn, error) {
	urls := c.urls
	if c.randomize {
		urls = make([]string, len(c.urls))
		for i, from := range rand.Perm(len(c.urls)) {
			urls[i] = c.urls[from]
		}
	}
	var failed []error
	for _, url := range urls {
		conn, err := c.dialURL(ctx, url)
		if err == nil {
			return conn, nil
		}
		failed = append(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, errors.Join(failed...)
}

func (c *connector) dialURL(ctx context.Context, address string) (*ldap.Conn, error) {
	timeout := connectTimeout
	if c.connectTimeout > 0 {
		timeout = min(timeout, c.connectTimeout)
	}
	if end, ok := ctx.Deadline(); ok {
		timeout = min(timeout, time.Until(end))
	}
	host := address
	if u, err := url.Parse(address); err == nil {
		host = u.Hostname()
	}
	secure := c.tlsConfig.Clone()
	secure.ServerName = host
	conn, err := ldap.DialURL(address, ldap.DialWithDialer(&net.Dialer{Timeout: timeout}), ldap.DialWithTLSConfig(secure))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	conn.SetTimeout(timeout)
	if c.tls {
		if err := conn.StartTLS(secure); err != nil {
			_ = conn.Close() // it is of no use
			return nil, fmt.Errorf("%s: StartTLS: %w", address, err)
		}
	}
	return conn, nil
}

// signIn makes a connection keystone's own account's, where it has one.
func (c *connector) signIn(conn *ldap.Conn) error {
	defer conn.SetTimeout(answerTimeout)
	if c.user == "" || c.password == "" {
		return nil
	}
	return conn.Bind(c.user, c.password)
}
