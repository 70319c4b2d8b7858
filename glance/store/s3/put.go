package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cumulet/glance/store"
	"cumulet/oslo/fault"
)

const (
	mostParts = 10_000           // of one object, by S3
	tidy      = 30 * time.Second // for removing what was broken off
	gulp      = 1 << 20          // read from a sender at once
)

// Put sends what fits into one part as an object, and more in parts.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64) (int64, error) {
	object, err := s.object(key)
	if err != nil {
		return 0, err
	}
	if _, err := s.Size(ctx, key); err == nil {
		return 0, store.Taken(s.StoreName, key)
	} else if !fault.Is(err, fault.NotFound) {
		return 0, err
	}
	u := &upload{store: s, key: key, object: object, from: r}
	whole, err := u.fill(ctx, s.partSize(1, size))
	if err != nil {
		return u.sent, err
	}
	if whole {
		return u.sendWhole(ctx)
	}
	if err := u.sendParts(ctx, size); err != nil {
		return u.sent, errors.Join(err, u.withdraw(ctx))
	}
	return u.sent, nil
}

// partSize is how long the n-th part is, from 1. An image whose size is known is parted evenly; of another the parts grow,
// so that ten thousand of them take any image.
func (s *Store) partSize(n int, size int64) int64 {
	if size > 0 {
		return max(s.PartSize, (size+mostParts-1)/mostParts)
	}
	return s.PartSize << ((n - 1) / 1500)
}

// upload is bits on their way.
type upload struct {
	store  *Store
	key    string
	object *string
	from   io.Reader
	id     *string // of the multipart upload
	part   bytes.Buffer
	sent   int64
}

// fill gathers a part of n bytes, and tells whether the sender's end has come.
func (u *upload) fill(ctx context.Context, n int64) (end bool, err error) {
	u.part.Reset()
	for left := n; left > 0; {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		m, err := io.CopyN(&u.part, u.from, min(left, gulp))
		left -= m
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("read bits of %q: %w", u.key, err)
		}
	}
	return false, nil
}

func (u *upload) sendWhole(ctx context.Context) (int64, error) {
	err := u.inBucket(ctx, func() error {
		_, err := u.store.Client.PutObject(ctx, &sdk.PutObjectInput{
			Bucket: &u.store.Bucket, Key: u.object, Body: bytes.NewReader(u.part.Bytes()), ContentLength: aws.Int64(int64(u.part.Len())),
		})
		return err
	})
	if err != nil {
		return 0, errors.Join(u.store.failed(ctx, "put", u.key, err), u.withdraw(ctx))
	}
	return int64(u.part.Len()), nil
}

// sendParts sends the part that is gathered, and those that follow.
func (u *upload) sendParts(ctx context.Context, size int64) error {
	s := u.store
	err := u.inBucket(ctx, func() error {
		begun, err := s.Client.CreateMultipartUpload(ctx, &sdk.CreateMultipartUploadInput{Bucket: &s.Bucket, Key: u.object})
		if err == nil {
			u.id = begun.UploadId
		}
		return err
	})
	if err != nil {
		return s.failed(ctx, "begin upload of", u.key, err)
	}
	var parts []types.CompletedPart
	for end := false; u.part.Len() > 0; {
		number := aws.Int32(int32(len(parts) + 1))
		answer, err := s.Client.UploadPart(ctx, &sdk.UploadPartInput{
			Bucket: &s.Bucket, Key: u.object, UploadId: u.id, PartNumber: number,
			Body: bytes.NewReader(u.part.Bytes()), ContentLength: aws.Int64(int64(u.part.Len())),
		})
		if err != nil {
			return s.failed(ctx, "put a part of", u.key, err)
		}
		parts = append(parts, types.CompletedPart{ETag: answer.ETag, PartNumber: number})
		u.sent += int64(u.part.Len())
		if end {
			break
		}
		if end, err = u.fill(ctx, s.partSize(len(parts)+1, size)); err != nil {
			return err
		}
	}
	_, err = s.Client.CompleteMultipartUpload(ctx, &sdk.CompleteMultipartUploadInput{
		Bucket: &s.Bucket, Key: u.object, UploadId: u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return s.failed(ctx, "finish upload of", u.key, err)
}

// inBucket does something, and once more when the bucket had to be made for it.
func (u *upload) inBucket(ctx context.Context, do func() error) error {
	err := do()
	s := u.store
	if code(err) != "NoSuchBucket" || !s.CreateBucket {
		return err
	}
	bucket := &sdk.CreateBucketInput{Bucket: &s.Bucket}
	if s.Region != "us-east-1" {
		bucket.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(s.Region)}
	}
	if _, err := s.Client.CreateBucket(ctx, bucket); err != nil && code(err) != "BucketAlreadyOwnedByYou" {
		return err
	}
	return do()
}

// withdraw removes what has come of an upload that failed, the object too: that the answer to the last request was lost
// does not say that it was not done.
func (u *upload) withdraw(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidy)
	defer cancel()
	var err error
	if u.id != nil {
		err = u.store.abort(ctx, u.object, u.id)
	}
	_, gone := u.store.Client.DeleteObject(ctx, &sdk.DeleteObjectInput{Bucket: &u.store.Bucket, Key: u.object})
	if absent(gone) {
		gone = nil
	}
	return errors.Join(err, gone)
}
