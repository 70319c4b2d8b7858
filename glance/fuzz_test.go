package glance_test

import (
	"testing"

	"cumulet/glance"
	"cumulet/oslo/messaging/messagingtest"
)

// FuzzMessage reads whatever may come as a message of this service.
func FuzzMessage(f *testing.F) {
	messagingtest.FuzzBodies(f, func() []any {
		return []any{new(glance.AbortUpload), new(glance.ActivateImage), new(glance.BeginUpload), new(glance.CreateImage), new(glance.CreateMember), new(glance.DeleteImage), new(glance.DeleteMember), new(glance.FindOrphans), new(glance.FinishUpload), new(glance.ForgetLocation), new(glance.ListDoomed), new(glance.ListImages), new(glance.ListMembers), new(glance.RenewUpload), new(glance.ShowImage), new(glance.ShowMember), new(glance.ShowUsage), new(glance.TagImage), new(glance.UpdateImage), new(glance.UpdateMember)}
	})
}
