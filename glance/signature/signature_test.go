package signature_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cumulet/glance/signature"
	"cumulet/oslo/fault"
)

const bits = "hello"

// folder is a folder of certificates.
type folder struct {
	t   *testing.T
	dir string
}

// issue puts a certificate of a key into the folder, signed by another or by itself, and gives its id.
func (f folder) issue(key crypto.Signer, issuer *x509.Certificate, issuerKey crypto.Signer) (string, *x509.Certificate) {
	f.t.Helper()
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "one who signs"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IsCA: issuer == nil, BasicConstraintsValid: true,
	}
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		f.t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		f.t.Fatal(err)
	}
	id := uuid.NewString()
	f.write(id, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return id, made
}

func (f folder) write(id string, content []byte) {
	f.t.Helper()
	if err := os.WriteFile(filepath.Join(f.dir, id+".pem"), content, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func newFolder(t *testing.T) folder { return folder{t, t.TempDir()} }

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// properties are a signed image's.
func properties(id, hash, keyType string, signed []byte) map[string]string {
	return map[string]string{
		"img_signature": base64.StdEncoding.EncodeToString(signed), "img_signature_hash_method": hash,
		"img_signature_key_type": keyType, "img_signature_certificate_uuid": id,
	}
}

// verify holds bits against properties.
func verify(t *testing.T, c signature.Certificates, properties map[string]string, bits string) error {
	t.Helper()
	v, err := c.Verifier(properties)
	if err != nil {
		return err
	}
	if _, err := v.Write([]byte(bits)); err != nil {
		t.Fatal(err)
	}
	return v.Verify()
}

func sum(h crypto.Hash) []byte {
	d := h.New()
	d.Write([]byte(bits))
	return d.Sum(nil)
}

func TestWhatWasSignedIsTakenAndNothingElse(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	c := signature.Certificates{Dir: f.dir, Now: time.Now}
	hashes := map[string]crypto.Hash{"SHA-224": crypto.SHA224, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}
	rsaKey := must[*rsa.PrivateKey](t)(rsa.GenerateKey(rand.Reader, 2048))
	rsaID, _ := f.issue(rsaKey, nil, nil)
	signed := map[string]map[string]string{}
	for name, h := range hashes {
		salt := (rsaKey.N.BitLen()-1+7)/8 - 2 - h.Size()
		pss := must[[]byte](t)(rsa.SignPSS(rand.Reader, rsaKey, h, sum(h), &rsa.PSSOptions{SaltLength: salt}))
		signed["RSA "+name] = properties(rsaID, name, "RSA-PSS", pss)
		for keyType, curve := range map[string]elliptic.Curve{
			"ECC_SECP256R1": elliptic.P256(), "ECC_SECP384R1": elliptic.P384(), "ECC_SECP521R1": elliptic.P521(),
		} {
			key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(curve, rand.Reader))
			id, _ := f.issue(key, nil, nil)
			signed[keyType+" "+name] = properties(id, name, keyType, must[[]byte](t)(ecdsa.SignASN1(rand.Reader, key, sum(h))))
		}
	}
	dsaID := uuid.NewString()
	f.write(dsaID, must[[]byte](t)(os.ReadFile("testdata/dsa.pem")))
	text := strings.TrimSpace(string(must[[]byte](t)(os.ReadFile("testdata/dsa.sha512"))))
	signed["DSA"] = properties(dsaID, "SHA-512", "DSA", must[[]byte](t)(base64.StdEncoding.DecodeString(text)))
	for name, p := range signed {
		if err := verify(t, c, p, bits); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := verify(t, c, p, bits+"!"); err == nil || fault.Of(err).Text != "Signature verification failed" {
			t.Errorf("%s of other bits: %v", name, err)
		}
	}
}

func TestWhatCannotBeVerifiedIsSaid(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	id, _ := f.issue(key, nil, nil)
	broken, nowhere := uuid.NewString(), uuid.NewString()
	f.write(broken, []byte("no certificate"))
	now := signature.Certificates{Dir: f.dir, Now: time.Now}
	at := func(d time.Duration) signature.Certificates {
		return signature.Certificates{Dir: f.dir, Now: func() time.Time { return time.Now().Add(d) }}
	}
	crooked := properties(id, "SHA-256", "ECC_SECP256R1", nil)
	crooked["img_signature"] = "?"
	for _, x := range []struct {
		certificates signature.Certificates
		properties   map[string]string
		text         string
	}{
		{now, crooked, "not properly encoded using base64"},
		{now, properties(id, "MD5", "ECC_SECP256R1", nil), "Invalid signature hash method: MD5"},
		{now, properties(id, "SHA-256", "ECC_SECT571K1", nil), "Invalid signature key type: ECC_SECT571K1"},
		{now, properties(id, "SHA-256", "RSA-PSS", nil), "Invalid public key type for signature key type: RSA-PSS"},
		{now, properties(id, "SHA-256", "DSA", nil), "Invalid public key type for signature key type: DSA"},
		{now, properties(nowhere, "SHA-256", "DSA", nil), "Certificate not found with ID: " + nowhere},
		{now, properties("../"+id, "SHA-256", "DSA", nil), "Certificate not found with ID: ../" + id},
		{now, properties(broken, "SHA-256", "DSA", nil), "Unable to retrieve certificate with ID: " + broken},
		{signature.Certificates{Now: time.Now}, properties(id, "SHA-256", "DSA", nil), "Certificate not found with ID: " + id},
		{at(-2 * time.Hour), properties(id, "SHA-256", "ECC_SECP256R1", nil), "Certificate is not valid before: "},
		{at(2 * time.Hour), properties(id, "SHA-256", "ECC_SECP256R1", nil), "Certificate is not valid after: "},
	} {
		err := verify(t, x.certificates, x.properties, bits)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Text, x.text) {
			t.Errorf("%v\nnot %s", err, x.text)
		}
	}
}

func TestAnImageWithoutAllPropertiesIsNotSigned(t *testing.T) {
	t.Parallel()
	c := signature.Certificates{Now: time.Now}
	for name := range properties("", "", "", nil) {
		some := properties("", "", "", nil)
		delete(some, name)
		if v, err := c.Verifier(some); v != nil || err != nil {
			t.Errorf("without %s: %v, %v", name, v, err)
		}
	}
}

func TestCertificatesAreSignedByATrustedOne(t *testing.T) {
	t.Parallel()
	f, trusted := newFolder(t), newFolder(t)
	c := signature.Certificates{Dir: f.dir, TrustedDir: trusted.dir, Now: time.Now}
	root := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, rootCertificate := trusted.issue(root, nil, nil)
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	signed := must[[]byte](t)(ecdsa.SignASN1(rand.Reader, key, sum(crypto.SHA256)))
	good, _ := f.issue(key, rootCertificate, root)
	own, _ := f.issue(key, nil, nil)
	if err := verify(t, c, properties(good, "SHA-256", "ECC_SECP384R1", signed), bits); err != nil {
		t.Error(err)
	}
	err := verify(t, c, properties(own, "SHA-256", "ECC_SECP384R1", signed), bits)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Text, "Certificate chain building failed") {
		t.Error(err)
	}
}
