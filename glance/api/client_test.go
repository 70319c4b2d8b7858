package api_test

import (
	"io"
	"strings"
	"testing"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/imagedata"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/members"
)

func TestGophercloudManagesImages(t *testing.T) {
	c := newCloud(t)
	ctx := t.Context()
	g := &gophercloud.ServiceClient{
		ProviderClient: &gophercloud.ProviderClient{TokenID: member}, Endpoint: c.url + "/", ResourceBase: c.url + "/v2/",
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	i, err := images.Create(ctx, g, images.CreateOpts{
		Name: "x", DiskFormat: "raw", ContainerFormat: "bare", Tags: []string{"a"}, Properties: map[string]string{"os_distro": "debian"},
	}).Extract()
	must(err)
	must(imagedata.Upload(ctx, g, i.ID, strings.NewReader("hello")).ExtractErr())
	body, err := imagedata.Download(ctx, g, i.ID).Extract()
	must(err)
	if b, err := io.ReadAll(body); err != nil || string(b) != "hello" {
		t.Errorf("%q %v", b, err)
	}
	body.Close()
	i, err = images.Update(ctx, g, i.ID, images.UpdateOpts{
		images.ReplaceImageName{NewName: "y"}, images.ReplaceImageTags{NewTags: []string{"b", "c"}},
		images.UpdateImageProperty{Op: images.AddOp, Name: "arch", Value: "x86"}, images.UpdateImageProperty{Op: images.RemoveOp, Name: "os_distro"},
		images.ReplaceImageMinDisk{NewMinDisk: 2},
	}).Extract()
	must(err)
	if i.Name != "y" || len(i.Tags) != 2 || i.Properties["arch"] != "x86" || i.MinDiskGigabytes != 2 || i.SizeBytes != 5 {
		t.Errorf("%+v", i)
	}
	pages, err := images.List(g, images.ListOpts{Limit: 1, SizeMin: 1, Sort: "name:asc"}).AllPages(ctx)
	must(err)
	if all, err := images.ExtractImages(pages); err != nil || len(all) != 1 {
		t.Errorf("%v %v", all, err)
	}
	_, err = members.Create(ctx, g, i.ID, "rival").Extract()
	must(err)
	must(images.Delete(ctx, g, i.ID).ExtractErr())
	if _, err := images.Get(ctx, g, i.ID).Extract(); !gophercloud.ResponseCodeIs(err, 404) {
		t.Errorf("%v", err)
	}
}
