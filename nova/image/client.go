package image

import (
	"context"
	"crypto/md5" //nolint:gosec // what glance has of images older than its sha512
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"

	"cumulet/nova"
	"cumulet/oslo/fault"
	"cumulet/oslo/policy"
)

// Client asks glance: as the caller for what the caller may see, else as nova's service user.
type Client struct {
	Glance *gophercloud.ServiceClient
}

// as gives a client with the caller's own token; nova's own where the caller has none.
func (c *Client) as(who policy.Who) *gophercloud.ServiceClient {
	if who.Token == "" {
		return c.Glance
	}
	theirs := *c.Glance
	theirs.ProviderClient = &gophercloud.ProviderClient{
		HTTPClient: c.Glance.HTTPClient, UserAgent: c.Glance.UserAgent, TokenID: who.Token,
	}
	return &theirs
}

// Image tells what an image is, as far as who may see it.
func (c *Client) Image(ctx context.Context, who policy.Who, id string) (nova.Image, error) {
	i, err := images.Get(ctx, c.as(who), id).Extract()
	if err != nil {
		return nova.Image{}, worded(id, err)
	}
	return imageOf(i), nil
}

// Show tells what an image is, as nova's service user sees it.
func (c *Client) Show(ctx context.Context, id string) (nova.Image, error) {
	return c.Image(ctx, policy.Who{}, id)
}

// imageOf keeps what nova must know. Glance's own attributes that gophercloud leaves among the properties go.
func imageOf(i *images.Image) nova.Image {
	kept := map[string]string{}
	for name, value := range i.Properties {
		text, ok := value.(string)
		switch name {
		case "os_hash_algo", "os_hash_value", "direct_url", "stores", "locations":
			continue
		}
		if ok {
			kept[name] = text
		}
	}
	return nova.Image{
		ID: i.ID, Name: i.Name, Status: string(i.Status), OwnerID: i.Owner, DiskFormat: i.DiskFormat, ContainerFormat: i.ContainerFormat,
		SizeBytes: i.SizeBytes, VirtualBytes: i.VirtualSize, MinDiskGiB: i.MinDiskGigabytes, MinRAMMiB: i.MinRAMMegabytes, Properties: kept,
	}
}

// Download writes the bits of an image to a file and checks them against what glance has recorded of them.
func (c *Client) Download(ctx context.Context, id string, to *os.File) error {
	i, err := images.Get(ctx, c.Glance, id).Extract()
	if err != nil {
		return worded(id, err)
	}
	digest, want, err := recorded(i)
	if err != nil {
		return err
	}
	body, err := imagedata.Download(ctx, c.Glance, id).Extract()
	if err != nil {
		return worded(id, err)
	}
	defer body.Close()
	// One byte more than recorded is enough to know that it is wrong, and a host's disk is not filled.
	n, err := io.Copy(io.MultiWriter(to, digest), io.LimitReader(body, i.SizeBytes+1))
	switch {
	case err != nil:
		return fmt.Errorf("download image %q: %w", id, err)
	case n != i.SizeBytes:
		return corrupt(id, fmt.Sprintf("%d bytes came of %d", n, i.SizeBytes))
	case hex.EncodeToString(digest.Sum(nil)) != want:
		return corrupt(id, "the bits are not those that were uploaded")
	}
	return nil
}

// recorded is the best digest that glance has of an image.
func recorded(i *images.Image) (digest hash.Hash, want string, err error) {
	algorithm, _ := i.Properties["os_hash_algo"].(string)
	want, _ = i.Properties["os_hash_value"].(string)
	switch {
	case algorithm == "sha512" && want != "":
		return sha512.New(), want, nil
	case algorithm == "sha256" && want != "":
		return sha256.New(), want, nil
	case i.Checksum != "":
		return md5.New(), i.Checksum, nil //nolint:gosec // see the import
	}
	return nil, "", unacceptable(i.ID, "it has no bits, or no digest of them")
}

func corrupt(id, why string) error {
	return fault.New(fault.Unavailable, "ImageCorrupt", "Image %s came wrongly from glance: %s", id, why)
}

// worded makes a fault of glance's refusal; what is no answer is a part that is away. As nova/image/glance.py,
// _translate_image_exception.
func worded(id string, err error) error {
	var code gophercloud.ErrUnexpectedResponseCode
	if !errors.As(err, &code) {
		return fault.New(fault.Unavailable, "GlanceConnectionFailed", "Connection to glance host failed.").Because(err)
	}
	switch code.Actual {
	case http.StatusNotFound, http.StatusBadRequest:
		return fault.New(fault.NotFound, "ImageNotFound", "Image %s could not be found.", id).Because(err)
	case http.StatusUnauthorized, http.StatusForbidden:
		return fault.New(fault.Forbidden, "ImageNotAuthorized", "Not authorized for image %s.", id).Because(err)
	}
	return fault.New(fault.Unavailable, "GlanceConnectionFailed", "Connection to glance host failed.").Because(err)
}
