package swift

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the checksum that swift knows objects by
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"regexp"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/objectstorage/v1/containers"
	"github.com/gophercloud/gophercloud/v2/openstack/objectstorage/v1/objects"

	"cumulet/glance/store"
	"cumulet/oslo/fault"
)

// tidy bounds the removal of what was broken off.
const tidy = 30 * time.Second

var numberForm = regexp.MustCompile(`^[0-9]{8}$`)

func isNumber(s string) bool { return numberForm.MatchString(s) }

// segmentSize is how long the n-th segment is, from 1. They grow, so that the thousand that swift takes for one object
// (max_manifest_segments) hold any image.
func (s *Store) segmentSize(n int) int64 { return min(s.SegmentSize<<((n-1)/200), mostSegment) }

// Put streams what is said to fit into a segment as one object, and all else as segments and their manifest.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64) (int64, error) {
	object, c, err := s.object(ctx, key)
	if err != nil {
		return 0, err
	}
	if _, err := s.Size(ctx, key); err == nil {
		return 0, store.Taken(s.StoreName, key)
	} else if !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	u := &upload{store: s, client: c, key: key, object: object, from: bufio.NewReader(r)}
	if size >= 0 && size <= s.SegmentSize {
		err = u.whole(ctx)
	} else {
		err = u.segmented(ctx)
	}
	if err != nil {
		return u.sent, errors.Join(err, u.withdraw(ctx))
	}
	return u.sent, nil
}

// upload is bits on their way.
type upload struct {
	store    *Store
	client   *gophercloud.ServiceClient
	key      string
	object   string
	from     *bufio.Reader
	segments []segment
	begun    []string // names of the objects that may have come to be
	sent     int64
}

// segment is a line of a manifest. As swift/common/middleware/slo.py.
type segment struct {
	Path string `json:"path"`
	ETag string `json:"etag"`
	Size int64  `json:"size_bytes"`
}

// whole puts all that comes as one object.
func (u *upload) whole(ctx context.Context) error {
	if err := u.ready(ctx); err != nil {
		return err
	}
	_, err := u.put(ctx, u.object, u.from)
	return err
}

// segmented puts segments until the sender has no more, and then what makes one object of them.
func (u *upload) segmented(ctx context.Context) error {
	for {
		if _, err := u.from.Peek(1); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read bits of %q: %w", u.key, err)
		}
		if err := u.ready(ctx); err != nil {
			return err
		}
		n := len(u.segments) + 1
		name := fmt.Sprintf("%s/%08d", u.object, n)
		sent, err := u.put(ctx, name, io.LimitReader(u.from, u.store.segmentSize(n)))
		if err != nil {
			return err
		}
		u.segments = append(u.segments, segment{Path: "/" + u.store.Container + "/" + name, ETag: sent.sum(), Size: sent.count})
	}
	if len(u.segments) == 0 {
		return u.whole(ctx)
	}
	manifest, err := json.Marshal(u.segments)
	if err != nil {
		return err
	}
	u.begun = append(u.begun, u.object)
	err = objects.Create(ctx, u.client, u.store.Container, u.object, objects.CreateOpts{
		Content: bytes.NewReader(manifest), NoETag: true, MultipartManifest: "put", IfNoneMatch: "*", ContentType: "application/octet-stream",
	}).Err
	return u.failed(ctx, err)
}

// ready asks for the container, and so whether the token is still good; one that is not is renewed now.
func (u *upload) ready(ctx context.Context) error {
	s := u.store
	err := containers.Get(ctx, u.client, s.Container, nil).Err
	if absent(err) && s.CreateContainer {
		err = containers.Create(ctx, u.client, s.Container, nil).Err
	}
	if absent(err) {
		return fmt.Errorf("store %q has no container %q", s.StoreName, s.Container)
	}
	return s.failed(ctx, "ask for container of", u.key, err)
}

// put streams one object, and holds what arrived against what was sent.
func (u *upload) put(ctx context.Context, name string, from io.Reader) (*sending, error) {
	sent := &sending{from: from, md5: md5.New()} //nolint:gosec // see the import
	u.begun = append(u.begun, name)
	answer := objects.Create(ctx, u.client, u.store.Container, name, objects.CreateOpts{
		Content: sent, NoETag: true, IfNoneMatch: "*", ContentType: "application/octet-stream",
	})
	if sent.err != nil {
		return sent, fmt.Errorf("read bits of %q: %w", u.key, sent.err)
	}
	if answer.Err != nil {
		return sent, u.failed(ctx, answer.Err)
	}
	if head, err := answer.Extract(); err != nil || head.ETag != sent.sum() {
		return sent, store.Away(u.store.StoreName, fmt.Errorf("%d bytes of %q arrived as others: %w", sent.count, u.key, err))
	}
	u.sent += sent.count
	return sent, nil
}

func (u *upload) failed(ctx context.Context, err error) error {
	if gophercloud.ResponseCodeIs(err, http.StatusPreconditionFailed) {
		// Somebody else's object, which is not to be withdrawn.
		u.begun = u.begun[:len(u.begun)-1]
		return store.Taken(u.store.StoreName, u.key)
	}
	return u.store.failed(ctx, "put", u.key, err)
}

// withdraw removes what has come of an upload that failed: the manifest first, which is begun last. That the answer to a
// request was lost does not say that it was not done.
func (u *upload) withdraw(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidy)
	defer cancel()
	var failed error
	for n := len(u.begun) - 1; n >= 0; n-- {
		failed = errors.Join(failed, u.store.remove(ctx, u.client, u.begun[n]))
	}
	return failed
}

// sending is a stream on its way to the server, counted and summed up.
type sending struct {
	from  io.Reader
	md5   hash.Hash
	count int64
	err   error // of the sender
}

func (s *sending) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	s.md5.Write(p[:n])
	s.count += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// Seek goes nowhere: gophercloud asks for it before it says a request again with a new token, which cannot be once the
// stream has begun to flow.
func (s *sending) Seek(int64, int) (int64, error) {
	if s.count > 0 {
		return 0, errors.New("the token ran out in the midst of a stream")
	}
	return 0, nil
}

func (s *sending) sum() string { return hex.EncodeToString(s.md5.Sum(nil)) }
