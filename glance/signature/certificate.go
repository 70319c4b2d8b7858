package signature

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Certificates are those that images are signed with: files in PEM in a folder, UUID.pem.
type Certificates struct {
	// Dir is the folder; with "" there are none.
	Dir string
	// TrustedDir is a folder of the certificates, in PEM, by which those of images must be signed; with "" all in Dir are trusted.
	TrustedDir string
	Now        func() time.Time
}

// certificate is one by its id, once it is held to be valid.
func (c *Certificates) certificate(id string) (*x509.Certificate, error) {
	parsed, err := uuid.Parse(id) // a name that leads out of the folder is none
	if err != nil || c.Dir == "" {
		return nil, failed("Certificate not found with ID: " + id).Because(err)
	}
	certificate, err := read(filepath.Join(c.Dir, parsed.String()+".pem"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, failed("Certificate not found with ID: " + id).Because(err)
	case err != nil:
		return nil, failed("Unable to retrieve certificate with ID: " + id).Because(err)
	}
	now := c.Now()
	switch { // as cursive/certificate_utils.py words it
	case now.Before(certificate.NotBefore):
		return nil, failed(fmt.Sprintf("Certificate is not valid before: %s UTC", certificate.NotBefore.UTC().Format(time.DateTime)))
	case now.After(certificate.NotAfter):
		return nil, failed(fmt.Sprintf("Certificate is not valid after: %s UTC", certificate.NotAfter.UTC().Format(time.DateTime)))
	}
	return certificate, c.trusts(certificate, now)
}

// trusts refuses a certificate that none of the trusted ones has signed.
func (c *Certificates) trusts(certificate *x509.Certificate, now time.Time) error {
	if c.TrustedDir == "" {
		return nil
	}
	files, err := os.ReadDir(c.TrustedDir)
	if err != nil {
		return fmt.Errorf("read the trusted certificates: %w", err)
	}
	roots := x509.NewCertPool()
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".pem") {
			continue
		}
		root, err := read(filepath.Join(c.TrustedDir, f.Name()))
		if err != nil {
			return fmt.Errorf("read the trusted certificates: %w", err)
		}
		roots.AddCert(root)
	}
	_, err = certificate.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		return failed("Certificate chain building failed for the following certificate: " + certificate.Subject.String()).Because(err)
	}
	return nil
}

// read is the first certificate of a file.
func read(file string) (*x509.Certificate, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, fmt.Errorf("%s holds no certificate in PEM", file)
}
