package signature

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // images are signed with it still
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/base64"
	"hash"
	"math/big"

	"cumulet/oslo/fault"
)

// The properties of a signed image. One that lacks any is not signed.
const (
	property            = "img_signature"
	hashProperty        = "img_signature_hash_method"
	keyProperty         = "img_signature_key_type"
	certificateProperty = "img_signature_certificate_uuid"
)

// hashes are the methods by their names. Package x509 brings them all along.
func hashes() map[string]crypto.Hash {
	return map[string]crypto.Hash{"SHA-224": crypto.SHA224, "SHA-256": crypto.SHA256, "SHA-384": crypto.SHA384, "SHA-512": crypto.SHA512}
}

// check tells whether a key is of the type that it is said to be of, and whether a signature holds by it.
type check func(key any, h crypto.Hash, digest, signature []byte) (fits, holds bool)

// keyTypes tell by their names how a signature is verified. A curve is that of the certificate whichever is named, as in cursive.
func keyTypes() map[string]check {
	return map[string]check{"RSA-PSS": pss, "DSA": dss, "ECC_SECP256R1": curve, "ECC_SECP384R1": curve, "ECC_SECP521R1": curve}
}

// Verifier takes the bits of an image, and tells whether they are those that were signed.
type Verifier struct {
	hash.Hash
	method    crypto.Hash
	check     check
	key       any
	signature []byte
}

// Verifier is that of an image with these properties; nil where it is not signed. What cannot be verified is a fault.
func (c *Certificates) Verifier(properties map[string]string) (*Verifier, error) {
	for _, name := range []string{property, hashProperty, keyProperty, certificateProperty} {
		if _, ok := properties[name]; !ok {
			return nil, nil
		}
	}
	v := &Verifier{}
	var err error
	if v.signature, err = base64.StdEncoding.DecodeString(properties[property]); err != nil {
		return nil, failed("The signature data was not properly encoded using base64").Because(err)
	}
	var ok bool
	if v.method, ok = hashes()[properties[hashProperty]]; !ok {
		return nil, failed("Invalid signature hash method: " + properties[hashProperty])
	}
	if v.check, ok = keyTypes()[properties[keyProperty]]; !ok {
		return nil, failed("Invalid signature key type: " + properties[keyProperty])
	}
	certificate, err := c.certificate(properties[certificateProperty])
	if err != nil {
		return nil, err
	}
	v.key, v.Hash = certificate.PublicKey, v.method.New()
	if fits, _ := v.check(v.key, v.method, v.Sum(nil), v.signature); !fits {
		return nil, failed("Invalid public key type for signature key type: " + properties[keyProperty])
	}
	return v, nil
}

// Verify refuses bits that are not those that were signed.
func (v *Verifier) Verify() error {
	if _, holds := v.check(v.key, v.method, v.Sum(nil), v.signature); !holds {
		return fault.New(fault.Invalid, faultName, "Signature verification failed")
	}
	return nil
}

// faultName is the name of all faults here, as cursive/exception.py.
const faultName = "SignatureVerificationError"

// failed is a signature that cannot be verified.
func failed(why string) *fault.Fault {
	return fault.New(fault.Invalid, faultName, "Signature verification for the image failed: %s.", why)
}

// pss takes salts of the greatest length only, as cursive/signature_utils.py, create_verifier_for_pss.
func pss(key any, h crypto.Hash, digest, signature []byte) (fits, holds bool) {
	k, fits := key.(*rsa.PublicKey)
	if !fits {
		return false, false
	}
	salt := (k.N.BitLen()-1+7)/8 - 2 - h.Size()
	return true, salt > 0 && rsa.VerifyPSS(k, h, digest, signature, &rsa.PSSOptions{SaltLength: salt, Hash: h}) == nil
}

func curve(key any, _ crypto.Hash, digest, signature []byte) (fits, holds bool) {
	k, fits := key.(*ecdsa.PublicKey)
	return fits, fits && ecdsa.VerifyASN1(k, digest, signature)
}

func dss(key any, _ crypto.Hash, digest, signature []byte) (fits, holds bool) {
	k, fits := key.(*dsa.PublicKey)
	var pair struct{ R, S *big.Int }
	if !fits {
		return false, false
	}
	if rest, err := asn1.Unmarshal(signature, &pair); err != nil || len(rest) > 0 {
		return true, false
	}
	digest = digest[:min(len(digest), (k.Q.BitLen()+7)/8)] // FIPS 186: as many bits as the subgroup has
	return true, dsa.Verify(k, digest, pair.R, pair.S)
}
