package broker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
)

// Address says where a broker is: scheme://user:password@host:port,host:port/path?option=value. It prints without its
// password.
type Address struct {
	Scheme, User, Password string
	Hosts                  []string // host:port, or host
	Path                   string   // without its slash, unescaped
	Options                url.Values
}

// ParseAddress reads an address. Its errors never repeat the text, which holds a password.
func ParseAddress(text string) (Address, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || scheme == "" {
		return Address{}, errors.New("broker address: it has no scheme://")
	}
	a := Address{Scheme: strings.ToLower(scheme)}
	rest, query, _ := strings.Cut(rest, "?")
	var err error
	if a.Options, err = url.ParseQuery(query); err != nil {
		return Address{}, errors.New("broker address: its options are malformed")
	}
	hosts, path, _ := strings.Cut(rest, "/")
	if a.Path, err = url.PathUnescape(path); err != nil {
		return Address{}, errors.New("broker address: its path is malformed")
	}
	if at := strings.LastIndex(hosts, "@"); at >= 0 {
		user, password, _ := strings.Cut(hosts[:at], ":")
		hosts = hosts[at+1:]
		var userErr, passwordErr error
		a.User, userErr = url.PathUnescape(user)
		a.Password, passwordErr = url.PathUnescape(password)
		if userErr != nil || passwordErr != nil {
			return Address{}, errors.New("broker address: user or password is malformed; escape it as in a URL")
		}
	}
	for host := range strings.SplitSeq(hosts, ",") {
		if host = strings.TrimSpace(host); host == "" {
			return Address{}, errors.New("broker address: a host is empty")
		}
		a.Hosts = append(a.Hosts, host)
	}
	return a, nil
}

// String is the address without its password.
func (a Address) String() string {
	text := a.Scheme + "://"
	if a.User != "" {
		text += url.User(a.User).String() + ":***@"
	}
	text += strings.Join(a.Hosts, ",")
	if a.Path != "" {
		text += "/" + a.Path
	}
	return text
}

// GoString is String, so that no format shows the password.
func (a Address) GoString() string { return a.String() }

// Only refuses options that are not among the known.
func (a Address) Only(known ...string) error {
	known = append(known, "prefix", "queue_length", "silence", "cacertfile", "certfile", "keyfile")
	for option := range a.Options {
		if !slices.Contains(known, option) {
			return fmt.Errorf("broker address: there is no option %q; known are %s", option, strings.Join(known, ", "))
		}
	}
	return nil
}

// WithPort adds the port to each host that names none.
func (a Address) WithPort(port string) []string {
	hosts := make([]string, len(a.Hosts))
	for i, host := range a.Hosts {
		if _, _, err := net.SplitHostPort(host); err != nil {
			host = net.JoinHostPort(strings.Trim(host, "[]"), port)
		}
		hosts[i] = host
	}
	return hosts
}

// TLS is the client's part of TLS, by the options cacertfile, certfile and keyfile, which are named as in RabbitMQ's URIs.
func (a Address) TLS() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if file := a.Options.Get("cacertfile"); file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("broker's cacertfile: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("broker's cacertfile: %s holds no certificate", file)
		}
	}
	if file := a.Options.Get("certfile"); file != "" {
		pair, err := tls.LoadX509KeyPair(file, a.Options.Get("keyfile"))
		if err != nil {
			return nil, fmt.Errorf("broker's certfile and keyfile: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Token is a name in which nothing has a meaning of its own: letters, digits, - and _ stay, other bytes become %XX.
func Token(name string) string {
	var b strings.Builder
	for _, c := range []byte(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
