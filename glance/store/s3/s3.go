package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"cumulet/glance/store"
)

// Store keeps bits as objects whose names begin with Prefix.
type Store struct {
	StoreName      string
	Bucket, Prefix string
	// CreateBucket has the bucket made, in Region, when it is not there.
	CreateBucket bool
	Region       string
	// Host is the server's address.
	Host string
	// PartSize is how much of an upload is held in memory, 5 MiB at least.
	PartSize int64
	Client   *sdk.Client
}

// Name is how the cloud calls this store.
func (s *Store) Name() string { return s.StoreName }

// Kind is "s3".
func (s *Store) Kind() string { return "s3" }

// Properties are sizes in MiB, as glance/api/v2/discovery.py, _get_s3_properties.
func (s *Store) Properties() map[string]any {
	return map[string]any{
		"s3_store_large_object_size": s.PartSize >> 20, "s3_store_large_object_chunk_size": s.PartSize >> 20, "s3_store_thread_pools": 1,
	}
}

// URL is as glance_store/_drivers/s3.py, StoreLocation.get_uri, without the keys that it has there.
func (s *Store) URL(key string) string {
	scheme, host := "s3", strings.TrimPrefix(s.Host, "http://")
	if secure, ok := strings.CutPrefix(s.Host, "https://"); ok {
		scheme, host = "s3+https", secure
	}
	return scheme + "://" + strings.TrimSuffix(host, "/") + (&url.URL{Path: "/" + s.Bucket + "/" + s.Prefix + key}).EscapedPath()
}

// object is the name of a key's object.
func (s *Store) object(key string) (*string, error) {
	if !store.IsKey(key) {
		return nil, store.NoKey(s.StoreName, key)
	}
	return aws.String(s.Prefix + key), nil
}

// code is the server's name of an error, or "".
func code(err error) string {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode()
	}
	return ""
}

func status(err error) int {
	var e *awshttp.ResponseError
	if errors.As(err, &e) {
		return e.HTTPStatusCode()
	}
	return 0
}

// absent tells whether an error says that there is no such object, bucket or upload.
func absent(err error) bool {
	switch code(err) {
	case "NoSuchKey", "NotFound", "NoSuchBucket", "NoSuchUpload":
		return true
	}
	return false
}

// failed words an error of the server.
func (s *Store) failed(ctx context.Context, verb, key string, err error) error {
	switch {
	case err == nil:
		return nil
	case absent(err):
		return store.NotFound(s.StoreName, key).Because(err)
	case ctx.Err() != nil:
		return fmt.Errorf("%s %q in store %q: %w", verb, key, s.StoreName, errors.Join(ctx.Err(), err))
	case code(err) == "QuotaExceeded" || code(err) == "EntityTooLarge" || status(err) == http.StatusInsufficientStorage:
		return store.Full("%s", code(err)).Because(err)
	case status(err) == 0 || status(err) >= http.StatusInternalServerError:
		return store.Away(s.StoreName, err)
	}
	return fmt.Errorf("%s %q in store %q: %w", verb, key, s.StoreName, err)
}

// Open asks for a stretch of an object.
func (s *Store) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	object, err := s.object(key)
	if err != nil {
		return nil, err
	}
	if length == 0 {
		_, err := s.Size(ctx, key)
		return io.NopCloser(strings.NewReader("")), err
	}
	ask := &sdk.GetObjectInput{Bucket: &s.Bucket, Key: object}
	switch {
	case length > 0:
		ask.Range = aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	case offset > 0:
		ask.Range = aws.String(fmt.Sprintf("bytes=%d-", offset))
	}
	answer, err := s.Client.GetObject(ctx, ask)
	if code(err) == "InvalidRange" || status(err) == http.StatusRequestedRangeNotSatisfiable { // behind the end there is nothing
		return io.NopCloser(strings.NewReader("")), nil
	}
	if err != nil {
		return nil, s.failed(ctx, "open", key, err)
	}
	return answer.Body, nil
}

// Size is the object's size.
func (s *Store) Size(ctx context.Context, key string) (int64, error) {
	object, err := s.object(key)
	if err != nil {
		return 0, err
	}
	answer, err := s.Client.HeadObject(ctx, &sdk.HeadObjectInput{Bucket: &s.Bucket, Key: object})
	if err != nil {
		return 0, s.failed(ctx, "look at", key, err)
	}
	return aws.ToInt64(answer.ContentLength), nil
}

// Delete removes the object, and what was never finished under its key.
func (s *Store) Delete(ctx context.Context, key string) error {
	object, err := s.object(key)
	if err != nil {
		return err
	}
	for u, err := range s.unfinished(ctx, *object) {
		if err != nil {
			return s.failed(ctx, "list uploads of", key, err)
		}
		if *u.Key != *object {
			continue
		}
		if err := s.abort(ctx, u.Key, u.UploadId); err != nil {
			return s.failed(ctx, "abort upload of", key, err)
		}
	}
	_, err = s.Client.DeleteObject(ctx, &sdk.DeleteObjectInput{Bucket: &s.Bucket, Key: object})
	if absent(err) {
		return nil
	}
	return s.failed(ctx, "delete", key, err)
}

// abort removes what has come of an upload.
func (s *Store) abort(ctx context.Context, object, id *string) error {
	_, err := s.Client.AbortMultipartUpload(ctx, &sdk.AbortMultipartUploadInput{Bucket: &s.Bucket, Key: object, UploadId: id})
	if absent(err) {
		return nil
	}
	return err
}

// unfinished lists the uploads that became no object, of names that begin with prefix.
func (s *Store) unfinished(ctx context.Context, prefix string) iter.Seq2[types.MultipartUpload, error] {
	return func(yield func(types.MultipartUpload, error) bool) {
		pages := sdk.NewListMultipartUploadsPaginator(s.Client, &sdk.ListMultipartUploadsInput{Bucket: &s.Bucket, Prefix: &prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if absent(err) || code(err) == "NotImplemented" { // a server that lists none cannot be tidied up by us
				return
			}
			if err != nil {
				yield(types.MultipartUpload{}, err)
				return
			}
			for _, u := range page.Uploads {
				if !yield(u, nil) {
					return
				}
			}
		}
	}
}

// Keys lists the objects and the uploads that became none. What does not begin with Prefix, or is named otherwise than
// keys are, is not the store's and left alone.
func (s *Store) Keys(ctx context.Context) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) {
		tell := func(object *string, written *time.Time) bool {
			key, ours := strings.CutPrefix(aws.ToString(object), s.Prefix)
			return !ours || !store.IsKey(key) || yield(store.Key{Name: key, Written: aws.ToTime(written)}, nil)
		}
		pages := sdk.NewListObjectsV2Paginator(s.Client, &sdk.ListObjectsV2Input{Bucket: &s.Bucket, Prefix: &s.Prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if absent(err) { // no bucket yet
				return
			}
			if err != nil {
				yield(store.Key{}, s.failed(ctx, "list", s.Prefix, err))
				return
			}
			for _, o := range page.Contents {
				if !tell(o.Key, o.LastModified) {
					return
				}
			}
		}
		for u, err := range s.unfinished(ctx, s.Prefix) {
			if err != nil {
				yield(store.Key{}, s.failed(ctx, "list uploads of", s.Prefix, err))
				return
			}
			if !tell(u.Key, u.Initiated) {
				return
			}
		}
	}
}
