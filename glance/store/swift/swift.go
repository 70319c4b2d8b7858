package swift

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/objectstorage/v1/objects"
	"github.com/gophercloud/gophercloud/v2/pagination"

	"cumulet/glance/store"
)

// Store keeps bits as objects whose names begin with Prefix.
type Store struct {
	StoreName         string
	Container, Prefix string
	// CreateContainer has the container made when it is not there.
	CreateContainer bool
	// SegmentSize is what is put as one object.
	SegmentSize int64
	// SignIn makes a client that signs in again by itself once its token has run out.
	SignIn func(context.Context) (*gophercloud.ServiceClient, error)

	signing sync.Mutex
	signed  *gophercloud.ServiceClient
}

// Name is how the cloud calls this store.
func (s *Store) Name() string { return s.StoreName }

// Kind is "swift".
func (s *Store) Kind() string { return "swift" }

// Properties are the container and sizes in bytes, as glance/api/v2/discovery.py, _get_swift_properties.
func (s *Store) Properties() map[string]any {
	return map[string]any{"container": s.Container, "large_object_size": s.SegmentSize, "large_object_chunk_size": s.SegmentSize}
}

// URL names the store, whose configuration says how to sign in, as glance_store/_drivers/swift/store.py, StoreLocation.get_uri.
func (s *Store) URL(key string) string {
	return (&url.URL{Scheme: "swift+config", Host: s.StoreName, Path: "/" + s.Container + "/" + s.Prefix + key}).String()
}

// client signs in at the first time.
func (s *Store) client(ctx context.Context) (*gophercloud.ServiceClient, error) {
	s.signing.Lock()
	defer s.signing.Unlock()
	if s.signed != nil {
		return s.signed, nil
	}
	c, err := s.SignIn(ctx)
	if err != nil {
		return nil, s.failed(ctx, "sign in for", s.Container, err)
	}
	s.signed = c
	return c, nil
}

// object is the name of a key's object, and a client to reach it by.
func (s *Store) object(ctx context.Context, key string) (string, *gophercloud.ServiceClient, error) {
	if !store.IsKey(key) {
		return "", nil, store.NoKey(s.StoreName, key)
	}
	c, err := s.client(ctx)
	return s.Prefix + key, c, err
}

func absent(err error) bool { return gophercloud.ResponseCodeIs(err, http.StatusNotFound) }

// failed words an error of the server.
func (s *Store) failed(ctx context.Context, verb, key string, err error) error {
	var answer gophercloud.ErrUnexpectedResponseCode
	switch {
	case err == nil:
		return nil
	case absent(err):
		return store.NotFound(s.StoreName, key).Because(err)
	case ctx.Err() != nil:
		return fmt.Errorf("%s %q in store %q: %w", verb, key, s.StoreName, errors.Join(ctx.Err(), err))
	case gophercloud.ResponseCodeIs(err, http.StatusInsufficientStorage), gophercloud.ResponseCodeIs(err, http.StatusRequestEntityTooLarge):
		return store.Full("the object store takes no more.").Because(err)
	case !errors.As(err, &answer) || answer.Actual >= http.StatusInternalServerError:
		return store.Away(s.StoreName, err)
	}
	return fmt.Errorf("%s %q in store %q: %w", verb, key, s.StoreName, err)
}

// Open asks for a stretch of an object, of whatever segments it is.
func (s *Store) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	object, c, err := s.object(ctx, key)
	if err != nil {
		return nil, err
	}
	if length == 0 {
		_, err := s.Size(ctx, key)
		return io.NopCloser(strings.NewReader("")), err
	}
	var ask objects.DownloadOpts
	switch {
	case length > 0:
		ask.Range = fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)
	case offset > 0:
		ask.Range = fmt.Sprintf("bytes=%d-", offset)
	}
	answer := objects.Download(ctx, c, s.Container, object, ask)
	if gophercloud.ResponseCodeIs(answer.Err, http.StatusRequestedRangeNotSatisfiable) { // behind the end there is nothing
		return io.NopCloser(strings.NewReader("")), nil
	}
	if answer.Err != nil {
		return nil, s.failed(ctx, "open", key, answer.Err)
	}
	return answer.Body, nil
}

// Size is the object's size, with all its segments.
func (s *Store) Size(ctx context.Context, key string) (int64, error) {
	object, c, err := s.object(ctx, key)
	if err != nil {
		return 0, err
	}
	head, err := objects.Get(ctx, c, s.Container, object, nil).Extract()
	if err != nil {
		return 0, s.failed(ctx, "look at", key, err)
	}
	return head.ContentLength, nil
}

// Delete removes the object, and then its segments.
func (s *Store) Delete(ctx context.Context, key string) error {
	object, c, err := s.object(ctx, key)
	if err != nil {
		return err
	}
	if err := s.remove(ctx, c, object); err != nil {
		return s.failed(ctx, "delete", key, err)
	}
	for o, err := range s.list(ctx, c, object+"/") {
		if err == nil {
			err = s.remove(ctx, c, o.Name)
		}
		if err != nil {
			return s.failed(ctx, "delete segments of", key, err)
		}
	}
	return nil
}

// remove deletes one object. One that is not there is no error.
func (s *Store) remove(ctx context.Context, c *gophercloud.ServiceClient, name string) error {
	if err := objects.Delete(ctx, c, s.Container, name, nil).Err; !absent(err) {
		return err
	}
	return nil
}

// list gives the objects whose names begin with prefix, of a container that is not there none.
func (s *Store) list(ctx context.Context, c *gophercloud.ServiceClient, prefix string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		err := objects.List(c, s.Container, objects.ListOpts{Prefix: prefix}).EachPage(ctx, func(_ context.Context, p pagination.Page) (bool, error) {
			found, err := objects.ExtractInfo(p)
			for _, o := range found {
				if !yield(o, nil) {
					return false, nil
				}
			}
			return true, err
		})
		if err != nil && !absent(err) {
			yield(objects.Object{}, err)
		}
	}
}

// Keys lists the keys of which there is an object or a segment. What does not begin with Prefix, or is named otherwise
// than keys and segments are, is not the store's and left alone.
func (s *Store) Keys(ctx context.Context) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) {
		c, err := s.client(ctx)
		if err != nil {
			yield(store.Key{}, err)
			return
		}
		last := ""
		for o, err := range s.list(ctx, c, s.Prefix) {
			if err != nil {
				yield(store.Key{}, s.failed(ctx, "list", s.Prefix, err))
				return
			}
			name, _ := strings.CutPrefix(o.Name, s.Prefix)
			key, number, segmented := strings.Cut(name, "/")
			if !store.IsKey(key) || segmented && !isNumber(number) || key == last {
				continue
			}
			if last = key; !yield(store.Key{Name: key, Written: o.LastModified}, nil) {
				return
			}
		}
	}
}
