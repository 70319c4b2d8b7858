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
		{"metadef_namespace.create", "NamespaceChange", "a namespace of metadata definitions was made"},
		{"metadef_namespace.update", "NamespaceChange", "what it says of itself changed, or its name"},
		{"metadef_namespace.delete", "NamespaceChange", "it was deleted with all that it held"},
		{"metadef_namespace.delete_objects", "NamespaceChange", "all its objects were deleted"},
		{"metadef_namespace.delete_properties", "NamespaceChange", "all its properties were deleted"},
		{"metadef_namespace.delete_tags", "NamespaceChange", "all its tags were deleted"},
		{"metadef_object.create", "DefinitionChange", "an object was defined"},
		{"metadef_object.update", "DefinitionChange", "it changed, or its name"},
		{"metadef_object.delete", "DefinitionChange", "it was deleted"},
		{"metadef_property.create", "DefinitionChange", "a property was defined"},
		{"metadef_property.update", "DefinitionChange", "it changed, or its name"},
		{"metadef_property.delete", "DefinitionChange", "it was deleted"},
		{"metadef_tag.create", "DefinitionChange", "a tag was made"},
		{"metadef_tag.update", "DefinitionChange", "its name changed"},
		{"metadef_tag.delete", "DefinitionChange", "it was deleted"},
		{"metadef_resource_type.create", "AssociationChange", "a resource type may carry a namespace's properties"},
		{"metadef_resource_type.delete", "AssociationChange", "it no longer may"},
	}
}
