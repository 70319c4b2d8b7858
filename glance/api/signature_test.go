package api_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// signed makes an image whose properties tell the signature of bits.
func (c *cloud) signed(bits string) string {
	c.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		c.t.Fatal(err)
	}
	certificate := uuid.NewString()
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(filepath.Join(c.transfer.Signatures.Dir, certificate+".pem"), content, 0o600); err != nil {
		c.t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(bits))
	signature, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		c.t.Fatal(err)
	}
	return c.create(member, fmt.Sprintf(`{"disk_format": "raw", "container_format": "bare", "img_signature": %q, "img_signature_hash_method": "SHA-256",
		"img_signature_key_type": "ECC_SECP384R1", "img_signature_certificate_uuid": %q}`, base64.StdEncoding.EncodeToString(signature), certificate))
}

func TestSignedBitsAreVerifiedAtTheUpload(t *testing.T) {
	c := newCloud(t)
	id := c.signed("hello")
	a := c.want(400, member, "PUT /v2/images/"+id+"/file", bitsType, "hallo")
	if !strings.Contains(a.body, "Signature verification failed for image "+id+": Signature verification failed") {
		t.Error(a.body)
	}
	if got := c.status(member, id); got != "queued" {
		t.Error(got)
	}
	c.tidy(0)
	c.want(204, member, "PUT /v2/images/"+id+"/file", bitsType, "hello")
	if got := c.status(member, id); got != "active" {
		t.Error(got)
	}
	c.tidy(1)
}

func TestSignedBitsAreVerifiedAtTheImport(t *testing.T) {
	c := newCloud(t)
	id := c.signed("hello")
	c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "hallo")
	c.imports(202, member, id, direct)
	i, task := c.ended(id)
	if i["status"] != "queued" || task["status"] != "failure" || !strings.Contains(fmt.Sprint(task["message"]), "Signature verification failed for image "+id) {
		t.Errorf("%v %v", i, task)
	}
	c.tidy(0)
	c.want(204, member, "PUT /v2/images/"+id+"/stage", bitsType, "hello")
	c.imports(202, member, id, direct)
	if i, _ := c.ended(id); i["status"] != "active" {
		t.Error(i)
	}
	c.tidy(1)
}

func TestASignatureWithoutItsCertificateIsRefused(t *testing.T) {
	c := newCloud(t)
	id := c.signed("hello")
	if err := os.RemoveAll(c.transfer.Signatures.Dir); err != nil {
		t.Fatal(err)
	}
	a := c.want(400, member, "PUT /v2/images/"+id+"/file", bitsType, "hello")
	if !strings.Contains(a.body, "Signature verification for the image failed: Certificate not found with ID: ") {
		t.Error(a.body)
	}
	if got := c.status(member, id); got != "queued" {
		t.Error(got)
	}
	c.tidy(0)
}
