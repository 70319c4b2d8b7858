package oauth

import (
	"maps"
	"net/url"
	"testing"
	"time"

	"cumulet/oslo/fault"
)

// signed is the request that Twitter's documentation signs step by step.
func signed() (r Request, consumerSecret, tokenSecret string, at time.Time) {
	return Request{
		Method: "post", URL: "https://API.twitter.com:443/1.1/statuses/update.json",
		Query: url.Values{"include_entities": {"true"}, "status": {"Hello Ladies + Gentlemen, a signed OAuth request!"}},
		Params: map[string]string{
			"oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog", "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
			"oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "1318622958",
			"oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb", "oauth_version": "1.0",
			"oauth_signature": "hCtSmYh+iHYCEqBWrE7C7hYmtUk=",
		},
	}, "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw", "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE", time.Unix(1318622958, 0)
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	for claim, x := range map[string]struct {
		change func(*Request)
		later  time.Duration
		good   bool
	}{
		"as it is":                 {func(*Request) {}, 0, true},
		"a little later":           {func(*Request) {}, 9 * time.Minute, true},
		"by a clock behind":        {func(*Request) {}, -9 * time.Minute, true},
		"an hour later":            {func(*Request) {}, time.Hour, false},
		"from the future":          {func(*Request) {}, -time.Hour, false},
		"at no time":               {func(r *Request) { r.Params["oauth_timestamp"] = "" }, 0, false},
		"without a nonce":          {func(r *Request) { delete(r.Params, "oauth_nonce") }, 0, false},
		"with another method":      {func(r *Request) { r.Method = "GET" }, 0, false},
		"at another address":       {func(r *Request) { r.URL += "/x" }, 0, false},
		"with another parameter":   {func(r *Request) { r.Query = url.Values{"status": {"x"}} }, 0, false},
		"with another token":       {func(r *Request) { r.Params["oauth_token"] = "x" }, 0, false},
		"signed otherwise":         {func(r *Request) { r.Params["oauth_signature"] = "x" }, 0, false},
		"in plain text":            {func(r *Request) { r.Params["oauth_signature_method"] = "PLAINTEXT" }, 0, false},
		"by a method that is none": {func(r *Request) { r.Params["oauth_signature_method"] = "" }, 0, false},
	} {
		r, consumer, token, at := signed()
		r.Params = maps.Clone(r.Params)
		x.change(&r)
		err := r.Check(consumer, token, at.Add(x.later))
		if x.good != (err == nil) || err != nil && !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v", claim, err)
		}
	}
	r, consumer, token, at := signed()
	if r.Check("x", token, at) == nil || r.Check(consumer, "x", at) == nil {
		t.Error("another secret signs alike")
	}
}

func TestHeadersAreRead(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]map[string]string{
		`OAuth realm="r", oauth_token="a%20b", oauth_nonce="n"`: {"oauth_token": "a b", "oauth_nonce": "n"},
		`oauth  oauth_token=a`:                   {"oauth_token": "a"},
		`OAuth `:                                 nil,
		`Bearer x`:                               nil,
		``:                                       nil,
		`OAuth oauth_token="%zz"`:                nil,
		`OAuth oauth_token="a", oauth_token="b"`: nil,
	} {
		if got, ok := ParseHeader(header); ok != (want != nil) || !maps.Equal(got, want) {
			t.Errorf("%q: %v, %t", header, got, ok)
		}
	}
}
