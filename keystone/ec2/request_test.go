package ec2

import (
	"encoding/base64"
	"maps"
	"testing"

	"cumulet/oslo/fault"
)

// The requests and their signatures are those of Amazon's own documentation.
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func v4() (Request, string) {
	return Request{
		Host: "iam.amazonaws.com", Verb: "GET", Path: "/", Params: map[string]any{"Action": "ListUsers", "Version": "2010-05-08"},
		Headers: map[string]string{
			"Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=s",
			"Content-Type":  "application/x-www-form-urlencoded; charset=utf-8", "Host": "iam.amazonaws.com", "X-Amz-Date": "20150830T123600Z",
		},
		BodyHash: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	}, "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
}

func v2() (Request, string) {
	return Request{
		Host: "elasticmapreduce.amazonaws.com", Verb: "GET", Path: "/", Params: map[string]any{
			"Action": "DescribeJobFlows", "Version": "2009-03-31", "AWSAccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SignatureVersion": "2",
			"SignatureMethod": "HmacSHA256", "Timestamp": "2011-10-03T15:19:30",
		},
	}, "i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf/Mj6vPxyYIs="
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	of4, right4 := v4()
	of2, right2 := v2()
	with := func(r Request, change func(*Request)) Request {
		r.Params, r.Headers = maps.Clone(r.Params), maps.Clone(r.Headers)
		change(&r)
		return r
	}
	for _, x := range []struct {
		claim             string
		r                 Request
		secret, signature string
		good              bool
	}{
		{"version 4", of4, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", right4, true},
		{"version 2", of2, secret, right2, true},
		{"version 2 signed without the port", with(of2, func(r *Request) { r.Host += ":8773" }), secret, right2, true},
		{"another secret", of4, secret, right4, false},
		{"another secret", of2, "x", right2, false},
		{"no signature", of2, secret, "", false},
		{"another path", with(of2, func(r *Request) { r.Path = "/other" }), secret, right2, false},
		{"another parameter", with(of2, func(r *Request) { r.Params["Action"] = "TerminateJobFlows" }), secret, right2, false},
		{"one parameter more", with(of4, func(r *Request) { r.Params["x"] = 1 }), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", right4, false},
		{"another body", with(of4, func(r *Request) { r.BodyHash = "00" }), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", right4, false},
		{"another header", with(of4, func(r *Request) { r.Headers["Host"] = "x" }), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", right4, false},
		{"another day than the scope's", with(of4, func(r *Request) { r.Headers["X-Amz-Date"] = "20150831T000000Z" }), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", right4, false},
		{"version 1", with(of2, func(r *Request) { r.Params["SignatureVersion"] = "1" }), secret, right2, false},
		{"no version", Request{}, secret, right2, false},
		{"a scope cut short", with(of4, func(r *Request) { r.Headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=A/20150830" }), secret, right4, false},
	} {
		err := x.r.Check(x.secret, x.signature)
		if x.good != (err == nil) || err != nil && !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v", x.claim, err)
		}
	}
	if of4.Time() != "20150830T123600Z" || of2.Time() != "2011-10-03T15:19:30" || (Request{}).Time() != "" {
		t.Errorf("signed at %q, %q", of4.Time(), of2.Time())
	}
}

func TestS3Signatures(t *testing.T) {
	t.Parallel()
	const first = "GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/johnsmith/photos/puppy.jpg"
	const fourth = "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972"
	for text, x := range map[string]struct {
		signature string
		good      bool
	}{
		first: {"bWq2s1WEIj+Ydj0vQ697zp+IXMU=", true}, first + "?acl": {"bWq2s1WEIj+Ydj0vQ697zp+IXMU=", false},
		fourth:             {"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", true},
		fourth + "0":       {"f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", false},
		"AWS4-HMAC-SHA256": {"", false},
		"AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/ec2/aws4_request\n00": {"", false},
	} {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			if err := CheckS3(secret, encoding.EncodeToString([]byte(text)), x.signature); x.good != (err == nil) {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
	if err := CheckS3(secret, "%", ""); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("no base64: %v", err)
	}
}

// FuzzCheck holds that whatever a stranger sends is refused, and breaks nothing.
func FuzzCheck(f *testing.F) {
	r, signature := v4()
	f.Add(r.Host, r.Verb, r.Path, r.Headers["Authorization"], r.Headers["X-Amz-Date"], signature)
	f.Add("h:1", "POST", "", "AWS4-HMAC-SHA256Credential=////,", "", "")
	f.Fuzz(func(t *testing.T, host, verb, path, authorization, date, signature string) {
		r := Request{Host: host, Verb: verb, Path: path, Headers: map[string]string{"Authorization": authorization, "X-Amz-Date": date}}
		if err := r.Check("a secret that nobody knows", signature); !fault.Is(err, fault.Unauthorized) {
			t.Fatalf("%v", err)
		}
	})
}
