package ldaptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"cumulet/oslo/service/servicetest"
)

// Suffix is what all entries are under; Admin may do anything, with Password, and is not bound to the number of entries that others
// are given at once, which is MostAtOnce.
const (
	Suffix     = "dc=example,dc=org"
	Admin      = "cn=admin," + Suffix
	Password   = "directory secret"
	Reader     = "cn=reader," + Suffix // as keystone is
	MostAtOnce = 150
)

// patience bounds a start, on a machine that has other things to do.
const patience = 30 * time.Second

// Server is a slapd.
type Server struct {
	// URL and SecureURL are where it is asked; CAFile is of who signed its certificate.
	URL, SecureURL, CAFile string

	t       testing.TB
	dir     string
	process *exec.Cmd
}

// Start starts a server that is stopped when the test ends, with two empty folders of people and groups; it skips the test where slapd
// is not installed.
func Start(t testing.TB) *Server {
	t.Helper()
	const program = "/usr/sbin/slapd"
	if _, err := os.Stat(program); err != nil {
		t.Skip("slapd is not installed: Debian has it as slapd")
	}
	s := &Server{
		t: t, dir: t.TempDir(), URL: fmt.Sprintf("ldap://127.0.0.1:%d", servicetest.Port(t)),
		SecureURL: fmt.Sprintf("ldaps://127.0.0.1:%d", servicetest.Port(t)),
	}
	s.CAFile = filepath.Join(s.dir, "certificate.pem")
	s.certify()
	if err := os.Mkdir(filepath.Join(s.dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "slapd.conf"), []byte(s.configuration()), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Restart()
	t.Cleanup(s.Kill)
	s.Add(Suffix, "organization", "o", "Example", "dc", "example", "objectClass", "dcObject")
	s.Add(Reader, "person", "sn", "reader", "userPassword", Password)
	s.Add("ou=People,"+Suffix, "organizationalUnit")
	s.Add("ou=Groups,"+Suffix, "organizationalUnit")
	return s
}

func (s *Server) configuration() string {
	return fmt.Sprintf(`include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'enabled' SYNTAX 1.3.6.1.4.1.1466.115.121.1.7 EQUALITY booleanMatch SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.2 NAME 'userAccountControl' SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 EQUALITY integerMatch SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'account2' AUXILIARY MAY ( enabled $ userAccountControl ) )
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile %[1]s/certificate.pem
TLSCertificateKeyFile %[1]s/key.pem
TLSCACertificateFile %[1]s/certificate.pem
database mdb
suffix "%[2]s"
rootdn "%[3]s"
rootpw "%[4]s"
directory %[1]s/data
dbnosync
limits dn.exact="%[5]s" size.soft=%[6]d size.hard=%[6]d size.pr=100 size.prtotal=unlimited
access to attrs=userPassword by anonymous auth
access to * by dn.exact="%[5]s" read by anonymous auth
`, s.dir, Suffix, Admin, Password, Reader, MostAtOnce)
}

// certify makes a certificate for the server that signs itself.
func (s *Server) certify() {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		"certificate.pem": {Type: "CERTIFICATE", Bytes: certificate}, "key.pem": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(s.dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// Restart starts the server, after Kill, and waits until it takes connections.
func (s *Server) Restart() {
	s.t.Helper()
	log, err := os.Create(filepath.Join(s.dir, "log"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.process = exec.Command("/usr/sbin/slapd", "-h", s.URL+" "+s.SecureURL, "-f", filepath.Join(s.dir, "slapd.conf"), "-d", "none")
	s.process.Stdout, s.process.Stderr = log, log
	s.process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	end := time.Now().Add(patience)
	for {
		conn, err := ldap.DialURL(s.URL)
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(end) {
			said, _ := os.ReadFile(log.Name())
			s.t.Fatalf("slapd does not come up: %v\n%s", err, said)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Kill ends the server at once.
func (s *Server) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	_ = s.process.Wait() // killed
	s.process = nil
}

// Do does something as the administrator.
func (s *Server) Do(do func(*ldap.Conn) error) {
	s.t.Helper()
	conn, err := ldap.DialURL(s.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Bind(Admin, Password); err != nil {
		s.t.Fatal(err)
	}
	if err := do(conn); err != nil {
		s.t.Fatal(err)
	}
}

// Add makes an entry of a class; attributes are names and values in turn, a name as often as it has values.
func (s *Server) Add(dn, class string, attributes ...string) {
	s.t.Helper()
	values := map[string][]string{"objectClass": {class}}
	for i := 0; i < len(attributes); i += 2 {
		values[attributes[i]] = append(values[attributes[i]], attributes[i+1])
	}
	request := ldap.NewAddRequest(dn, nil)
	for name, v := range values {
		request.Attribute(name, v)
	}
	s.Do(func(conn *ldap.Conn) error { return conn.Add(request) })
}

// Person makes a user in the folder of people: its uid, its name, and what else is said.
func (s *Server) Person(uid, name, password string, attributes ...string) (dn string) {
	s.t.Helper()
	dn = "uid=" + ldap.EscapeDN(uid) + ",ou=People," + Suffix
	s.Add(dn, "inetOrgPerson", append([]string{"objectClass", "account2", "cn", name, "sn", name, "userPassword", password}, attributes...)...)
	return dn
}

// Group makes a group in the folder of groups.
func (s *Server) Group(cn string, members ...string) (dn string) {
	s.t.Helper()
	dn = "cn=" + ldap.EscapeDN(cn) + ",ou=Groups," + Suffix
	attributes := []string{"ou", cn}
	for _, m := range members {
		attributes = append(attributes, "member", m)
	}
	s.Add(dn, "groupOfNames", attributes...)
	return dn
}

// Delete deletes an entry.
func (s *Server) Delete(dn string) {
	s.t.Helper()
	s.Do(func(conn *ldap.Conn) error { return conn.Del(ldap.NewDelRequest(dn, nil)) })
}

// Set gives an attribute of an entry other values; none takes it away.
func (s *Server) Set(dn, attribute string, values ...string) {
	s.t.Helper()
	change := ldap.NewModifyRequest(dn, nil)
	change.Replace(attribute, values)
	s.Do(func(conn *ldap.Conn) error { return conn.Modify(change) })
}
