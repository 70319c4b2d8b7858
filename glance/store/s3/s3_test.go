package s3_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"cumulet/glance/store"
	"cumulet/glance/store/s3"
	"cumulet/glance/store/storetest"
	"cumulet/glance/store/storetest/swifttest"
)

const key = "1f4a2f6c-6f0e-4d0b-9a5e-3f1f0a0b7c11.0a1b2c3d"

// TestS3Store has one server for all its claims, and a bucket for each.
func TestS3Store(t *testing.T) {
	server := swifttest.Start(t)
	var buckets atomic.Int64
	options := func() s3.Options {
		return s3.Options{
			Host: server.URL, AccessKey: swifttest.Account + ":" + swifttest.User, SecretKey: swifttest.Key,
			Bucket: fmt.Sprintf("images%d", buckets.Add(1)), CreateBucket: true, PartSize: 5 << 20,
		}
	}
	t.Run("conforms", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store { return open(t, options()) })
	})
	t.Run("conforms with a prefix", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) store.Store {
			o := options()
			o.Prefix = "paris/"
			return open(t, o)
		})
	})
	t.Run("lists and deletes uploads that died", func(t *testing.T) { findsTheDead(t, open(t, options())) })
	t.Run("leaves others' objects alone", func(t *testing.T) { leavesOthers(t, options()) })
	t.Run("makes no bucket unasked", func(t *testing.T) {
		o := options()
		o.CreateBucket = false
		if _, err := open(t, o).Put(t.Context(), key, strings.NewReader("bits"), 4); err == nil {
			t.Error("bits were put into a bucket that is not there")
		}
	})
	t.Run("does not tell its secret", func(t *testing.T) {
		o := options()
		o.SecretKey = "hunter2"
		_, err := open(t, o).Size(t.Context(), key)
		if err == nil || strings.Contains(err.Error()+fmt.Sprintf("%+v", o), "hunter2") {
			t.Errorf("%v", err)
		}
	})
}

func open(t *testing.T, o s3.Options) *s3.Store {
	t.Helper()
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	s, err := s3.Open("cold", o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keys(t *testing.T, s *s3.Store) (names []string) {
	t.Helper()
	for k, err := range s.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if k.Written.IsZero() {
			t.Errorf("%s was written at no time", k.Name)
		}
		names = append(names, k.Name)
	}
	return names
}

// findsTheDead begins an upload as a process does that is then killed.
func findsTheDead(t *testing.T, s *s3.Store) {
	if _, err := s.Client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &s.Bucket}); err != nil {
		t.Fatal(err)
	}
	begun, err := s.Client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: &s.Bucket, Key: aws.String(key)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Client.UploadPart(t.Context(), &sdk.UploadPartInput{
		Bucket: &s.Bucket, Key: aws.String(key), UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: bytes.NewReader(make([]byte, 5<<20)),
	}); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s); len(got) != 1 || got[0] != key {
		t.Fatalf("the scrubber is told of %v", got)
	}
	if err := s.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if got := keys(t, s); len(got) != 0 {
		t.Errorf("%v is left", got)
	}
}

func leavesOthers(t *testing.T, o s3.Options) {
	paris := o
	paris.Prefix = "paris/"
	here, there := open(t, o), open(t, paris)
	for _, s := range []*s3.Store{here, there} {
		if _, err := s.Put(t.Context(), key, strings.NewReader("bits"), 4); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"notes.txt", "backup/" + key, key + ".old"} {
		if _, err := here.Client.PutObject(t.Context(), &sdk.PutObjectInput{
			Bucket: &o.Bucket, Key: aws.String(name), Body: strings.NewReader("others'"),
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*s3.Store{here, there} {
		if got := keys(t, s); len(got) != 1 || got[0] != key {
			t.Errorf("%q takes for its own: %v", s.Prefix, got)
		}
	}
	if err := here.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if n, err := there.Size(t.Context(), key); err != nil || n != 4 {
		t.Errorf("the other cloud's image: %d, %v", n, err)
	}
}
