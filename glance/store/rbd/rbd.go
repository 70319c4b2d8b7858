package rbd

import (
	"context"
	"io"
	"iter"
	"net/url"
	"strings"
	"syscall"
	"time"

	"cumulet/glance/store"
)

// snapshot marks an image that is whole, and is what disks are cloned of. As glance_store/_drivers/rbd.py, DEFAULT_SNAPNAME.
const snapshot = "snap"

// Store keeps bits as images of a pool whose names begin with Prefix.
type Store struct {
	StoreName    string
	Conf, User   string
	Pool, Prefix string
	ObjectSize   int // MiB
	Grace        time.Duration
	FSID         string // the cluster's id, where it is known
}

// Name is how the cloud calls this store.
func (s *Store) Name() string { return s.StoreName }

// Kind is "rbd".
func (s *Store) Kind() string { return "rbd" }

// Properties are as glance/api/v2/discovery.py, _get_rbd_properties.
func (s *Store) Properties() map[string]any {
	all := map[string]any{"chunk_size": int64(s.ObjectSize) << 20, "pool": s.Pool, "thin_provisioning": true, "fsid": nil}
	if s.FSID != "" {
		all["fsid"] = s.FSID
	}
	return all
}

// URL is as glance_store/_drivers/rbd.py, StoreLocation.get_uri: by it clients clone disks of the snapshot.
func (s *Store) URL(key string) string {
	if s.FSID == "" {
		return "rbd://" + url.PathEscape(s.Prefix+key)
	}
	return "rbd://" + strings.Join([]string{url.PathEscape(s.FSID), url.PathEscape(s.Pool), url.PathEscape(s.Prefix + key), snapshot}, "/")
}

// image is the name of a key's image.
func (s *Store) image(key string) (string, error) {
	if !store.IsKey(key) {
		return "", store.NoKey(s.StoreName, key)
	}
	return s.Prefix + key, nil
}

// info is what Ceph says of an image.
type info struct {
	ID   string `json:"id"`
	Size int64  `json:"size"`
}

// whole looks at an image that has come whole.
func (s *Store) whole(ctx context.Context, key string) (string, info, error) {
	image, err := s.image(key)
	if err != nil {
		return "", info{}, err
	}
	var i info
	err = s.ask(ctx, &i, "info", "--image", image, "--snap", snapshot)
	return image, i, s.failed(ctx, "look at", key, err)
}

// Size is the image's size.
func (s *Store) Size(ctx context.Context, key string) (int64, error) {
	_, i, err := s.whole(ctx, key)
	return i.Size, err
}

// Open has the image exported, and throws away what lies before the offset.
func (s *Store) Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error) {
	image, i, err := s.whole(ctx, key)
	if err != nil {
		return nil, err
	}
	left := i.Size - offset
	if length >= 0 {
		left = min(left, length)
	}
	if left <= 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	r, err := s.export(ctx, key, image, i)
	if err != nil {
		return nil, err
	}
	r.left = offset + left
	if _, err := io.CopyN(io.Discard, r, offset); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// Delete moves an image that is whole into the trash, removes what is not, and what was in the trash and is due.
func (s *Store) Delete(ctx context.Context, key string) error {
	image, err := s.image(key)
	if err != nil {
		return err
	}
	var snapshots []struct {
		Name string `json:"name"`
	}
	err = s.ask(ctx, &snapshots, "snap ls", "--image", image)
	switch {
	case failedWith(err, syscall.ENOENT):
		err = nil
	case err == nil && len(snapshots) == 0:
		err = s.destroy(ctx, "rm", "--image", image)
	case err == nil:
		// In whole seconds, and so one more.
		until := time.Now().Add(s.Grace + time.Second).UTC().Format("2006-01-02 15:04:05 UTC")
		_, err = s.do(ctx, "trash mv", "--image", image, "--expires-at", until)
	}
	if err != nil {
		return s.failed(ctx, "delete", key, err)
	}
	due, err := s.due(ctx)
	if err != nil {
		return s.failed(ctx, "look into the trash for", key, err)
	}
	for _, d := range due {
		if d.Name != image {
			continue
		}
		// By force, since Ceph calls it expired for a second before it takes that for good.
		err := s.destroy(ctx, "trash rm --force", "--image-id", d.ID)
		if err != nil && !failedWith(err, syscall.EBUSY, syscall.ENOTEMPTY) { // that it has clones is no error, and asked again
			return s.failed(ctx, "remove from the trash", key, err)
		}
	}
	return nil
}

// destroy removes an image, named or known by its id, with its snapshot. What is not there any more is no error.
func (s *Store) destroy(ctx context.Context, remove string, which ...string) error {
	_, err := s.do(ctx, "snap unprotect", append(which, "--snap", snapshot)...)
	if err != nil && !failedWith(err, syscall.ENOENT, syscall.EINVAL) { // the second is one that is not protected
		return err
	}
	if _, err := s.do(ctx, "snap rm", append(which, "--snap", snapshot, "--no-progress")...); err != nil && !failedWith(err, syscall.ENOENT) {
		return err
	}
	if _, err := s.do(ctx, remove, append(which, "--no-progress")...); err != nil && !failedWith(err, syscall.ENOENT) {
		return err
	}
	return nil
}

// trashed is an image in the trash.
type trashed struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

// due are the images in the trash that nobody can be reading any more.
func (s *Store) due(ctx context.Context) ([]trashed, error) {
	var all, due []trashed
	if err := s.ask(ctx, &all, "trash ls", "--long"); err != nil {
		return nil, err
	}
	for _, one := range all {
		if strings.HasPrefix(one.Status, "expired") {
			due = append(due, one)
		}
	}
	return due, nil
}

// Keys lists the images, half ones among them, and those in the trash that are due. When they were written is not told:
// every image would have to be asked. What does not begin with Prefix, or is named otherwise than keys are, is not the
// store's and left alone.
func (s *Store) Keys(ctx context.Context) iter.Seq2[store.Key, error] {
	return func(yield func(store.Key, error) bool) {
		var names []string
		err := s.ask(ctx, &names, "ls")
		if err == nil {
			var due []trashed
			due, err = s.due(ctx)
			for _, one := range due {
				names = append(names, one.Name)
			}
		}
		if err != nil {
			yield(store.Key{}, s.failed(ctx, "list", s.Pool, err))
			return
		}
		for _, name := range names {
			key, ours := strings.CutPrefix(name, s.Prefix)
			if ours && store.IsKey(key) && !yield(store.Key{Name: key}, nil) {
				return
			}
		}
	}
}
