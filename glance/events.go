package glance

// Event is a kind of entry in glance's event log: its name, the type of the thing it carries as it then was, and when it is
// recorded. db.Tx.Record refuses what is not in the table.
type Event struct{ Name, Payload, When string }

// Events are all of them.
func Events() []Event {
	return []Event{
		{"image.create", "Image", "an image was registered"},
		{"image.update", "Image", "its properties, tags or state changed"},
		{"image.prepare", "Image", "the bits begin to arrive"},
		{"image.upload", "Image", "the bits have arrived"},
		{"image.activate", "Image", "it became usable"},
		{"image.deactivate", "Image", "its bits are withheld"},
		{"image.reactivate", "Image", "its bits are given again"},
		{"image.delete", "Image", "it was deleted"},
		{"image.member.create", "Member", "it was shared with a project"},
		{"image.member.update", "Member", "the project took it or refused it"},
		{"image.member.delete", "Member", "it is no longer shared with the project"},
	}
}
