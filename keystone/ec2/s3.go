package ec2

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // S3's first signature is made of it, and an HMAC needs no more
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
)

// CheckS3 is nil when the signature is that of an S3 request by the secret; token is the text that was signed, in base64.
func CheckS3(secret, token, signature string) error {
	b, err := base64.StdEncoding.DecodeString(strings.NewReplacer("-", "+", "_", "/").Replace(token))
	if err != nil {
		return refused(errors.New("what was signed is no base64"))
	}
	text := string(b)
	made := s3V1(secret, text)
	if strings.HasPrefix(text, "AWS4") {
		if made, err = s3V4(secret, text); err != nil {
			return refused(err)
		}
	}
	if !same(made, signature) {
		return refused(errors.New("the signature is another"))
	}
	return nil
}

func s3V1(secret, text string) string {
	m := hmac.New(sha1.New, []byte(secret))
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// s3V4 signs a text of four lines: algorithm, time, scope, hash. As keystone/api/s3tokens.py, _calculate_signature_v4.
func s3V4(secret, text string) (string, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[0] != algorithm {
		return "", errors.New("not what version 4 signs")
	}
	scope := strings.Split(lines[2], "/")
	if len(scope) != 4 || scope[3] != "aws4_request" || !slices.Contains([]string{"s3", "iam", "sts"}, scope[2]) {
		return "", errors.New("the scope is of another service")
	}
	return hex.EncodeToString(mac(derived(secret, scope[0], scope[1], scope[2]), text)), nil
}
