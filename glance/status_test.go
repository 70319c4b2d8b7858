package glance_test

import (
	"slices"
	"strings"
	"testing"

	"cumulet/glance"
	"cumulet/oslo/fault"
)

func TestImagesPassOnlyAllowedStates(t *testing.T) {
	allowed := map[glance.Status]string{
		glance.Queued: "saving uploading importing active deleted", glance.Saving: "active killed deleted queued",
		glance.Uploading: "importing queued deleted", glance.Importing: "active deleted queued", glance.Active: "pending_delete deleted deactivated",
		glance.Killed: "deleted", glance.PendingDelete: "deleted active", glance.Deleted: "", glance.Deactivated: "active deleted",
	}
	for from, to := range allowed {
		for _, target := range glance.Statuses() {
			size := int64(5)
			i := glance.Image{Status: from, DiskFormat: "raw", ContainerFormat: "bare", Size: &size, VirtualSize: &size}
			err := i.Become(target)
			if good := slices.Contains(strings.Fields(to), string(target)); good != (err == nil) {
				t.Errorf("%s to %s: %v", from, target, err)
			}
			if err != nil && (i.Status != from || !fault.Is(err, fault.Conflict)) {
				t.Errorf("%s to %s, refused: %s, %v", from, target, i.Status, err)
			}
			if err == nil && target == glance.Queued && (i.Size != nil || i.VirtualSize != nil) {
				t.Errorf("%s to queued keeps its size", from)
			}
		}
	}
}

func TestWhoSeesAnImage(t *testing.T) {
	owner, member, stranger := glance.Caller{ProjectID: "acme"}, glance.Caller{ProjectID: "rival"}, glance.Caller{ProjectID: "third"}
	nobody, admin := glance.Caller{}, glance.Caller{ProjectID: "ops", Admin: true}
	for v, seen := range map[glance.Visibility][5]bool{
		//                 owner, member, stranger, nobody, admin
		glance.Public:    {true, true, true, true, true},
		glance.Community: {true, true, true, true, true},
		glance.Shared:    {true, true, false, false, true},
		glance.Private:   {true, false, false, false, true},
	} {
		i := glance.Image{Owner: "acme", Visibility: v, Member: "rival"}
		for n, c := range []glance.Caller{owner, member, stranger, nobody, admin} {
			if c.Sees(i) != seen[n] {
				t.Errorf("%s image, caller %q: %v", v, c.ProjectID, c.Sees(i))
			}
		}
	}
	if nobody.Owns(glance.Image{}) {
		t.Error("nobody owns what is nobody's")
	}
}
