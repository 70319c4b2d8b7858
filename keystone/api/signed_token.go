package api

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/ec2"
	"cumulet/oslo/policy"
	"cumulet/oslo/rest"
)

func (a *API) signedTokenRoutes() []rest.Route {
	return []rest.Route{
		{Do: "POST /v3/ec2tokens", Rule: "identity:ec2tokens_validate", Status: 200, Unkept: true, Run: rest.JSON(a.ec2Token)},
		{Do: "POST /v3/s3tokens", Rule: "identity:s3tokens_validate", Status: 200, Unkept: true, Run: rest.JSON(a.s3Token)},
	}
}

// signedBody is a request that somebody signed, as the service that received it tells it. The three names are upstream's.
type signedBody struct {
	Credentials    *signedRequest `json:"credentials"`
	Credential     *signedRequest `json:"credential"`
	EC2Credentials *signedRequest `json:"ec2Credentials"`
}

type signedRequest struct {
	ec2.Request
	Access    string `json:"access"`
	Signature string `json:"signature"`
	// Token is what an S3 request signed, in base64.
	Token string `json:"token"`
}

// request is the one that is given. As keystone/api/_shared/EC2_S3_Resource.py, handle_authenticate.
func (b signedBody) request() (signedRequest, error) {
	for _, given := range []*signedRequest{b.Credentials, b.Credential, b.EC2Credentials} {
		if given == nil {
			continue
		}
		if given.Access == "" || given.Signature == "" {
			break
		}
		return *given, nil
	}
	return signedRequest{}, keystone.Unauthorized(errors.New("EC2 signature not supplied"))
}

// ec2Token gives a token for a request that was signed with an EC2 credential.
func (a *API) ec2Token(ctx context.Context, c *rest.Call, in signedBody) (json.RawMessage, error) {
	return a.signedToken(ctx, c, in, func(r signedRequest, secret string) error { return r.Request.Check(secret, r.Signature) })
}

// s3Token is ec2Token for a request to an object store, whose signed text the store gives.
func (a *API) s3Token(ctx context.Context, c *rest.Call, in signedBody) (json.RawMessage, error) {
	return a.signedToken(ctx, c, in, func(r signedRequest, secret string) error { return ec2.CheckS3(secret, r.Token, r.Signature) })
}

func (a *API) signedToken(
	ctx context.Context, c *rest.Call, in signedBody, check func(r signedRequest, secret string) error,
) (json.RawMessage, error) {
	if err := c.Authorize(policy.Target{}); err != nil {
		return nil, err
	}
	r, err := in.request()
	if err != nil {
		return nil, err
	}
	if err := a.fresh(r); err != nil {
		return nil, err
	}
	text, t, err := a.Tokens.AuthenticateSigned(ctx, r.Access, func(secret string) error { return check(r, secret) })
	if err != nil {
		return nil, err
	}
	c.Header().Set("Vary", "X-Auth-Token")
	if c.Route.Rule == "identity:ec2tokens_validate" { // what an object store asks is who, not for a token to go on with
		c.Header().Set(subjectHeader, text)
	}
	return a.tokenAnswer(ctx, c, t)
}

// fresh refuses requests that were signed too long ago. Who leaves the time out meant to. As _check_timestamp.
func (a *API) fresh(r signedRequest) error {
	text := r.Time()
	if text == "" {
		return nil
	}
	for _, layout := range []string{ec2.TimeFormat, time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if at, err := time.Parse(layout, text); err == nil {
			if a.Tokens.Now().After(at.Add(a.Config.CredentialAuthTTL)) {
				return keystone.Unauthorized(errors.New("the signature is too old"))
			}
			return nil
		}
	}
	return keystone.Unauthorized(errors.New("the time of the signature is malformed"))
}
