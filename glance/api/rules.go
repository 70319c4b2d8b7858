package api

import "cumulet/oslo/policy"

// The parts that rules are made of, as glance/policies/base.py.
const (
	projectMember = "role:member and project_id:%(project_id)s"
	projectReader = "role:reader and project_id:%(project_id)s"
	imageMember   = "project_id:%(member_id)s"
	anySeen       = "project_id:%(project_id)s or " + imageMember +
		" or 'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s"

	adminOrNamespaceReader = "role:admin or (role:reader and (project_id:%(project_id)s or 'public':%(visibility)s))"

	adminOrMember       = "role:admin or (" + projectMember + ")"
	adminOrReader       = "role:admin or (" + projectReader + ")"
	adminOrSharedMember = "role:admin or (role:member and " + imageMember + ")"
	adminOrAnyMember    = "role:admin or (role:reader and (project_id:%(project_id)s or " + imageMember + "))"
)

// Rules are the policies and their defaults, named as upstream's.
func Rules() []policy.Rule {
	return []policy.Rule{
		{Name: "default", Check: "", Doc: "What needs a token and nothing else"},
		{Name: "context_is_admin", Check: "role:admin", Doc: "Who is an administrator of images"},
		{Name: "add_image", Check: "role:admin or (" + projectMember + " and project_id:%(owner)s)", Doc: "Create an image"},
		{Name: "get_image", Check: "role:admin or (role:reader and (" + anySeen + "))", Doc: "Show an image"},
		{Name: "get_images", Check: adminOrReader, Doc: "List images"},
		{Name: "modify_image", Check: adminOrMember, Doc: "Update an image"},
		{Name: "delete_image", Check: adminOrMember, Doc: "Delete an image"},
		{Name: "publicize_image", Check: "role:admin", Doc: "Make an image public"},
		{Name: "communitize_image", Check: adminOrMember, Doc: "Make an image a community image"},
		{Name: "upload_image", Check: adminOrMember, Doc: "Bring an image's bits"},
		{Name: "download_image", Check: "role:admin or (role:member and (" + anySeen + "))", Doc: "Fetch an image's bits"},
		{Name: "get_image_location", Check: adminOrReader, Doc: "See where an image's bits lie"},
		{Name: "set_image_location", Check: adminOrMember, Doc: "Say where an image's bits lie"},
		{Name: "delete_image_location", Check: "role:admin", Doc: "Forget where an image's bits lie"},
		{Name: "service_api", Check: "role:service or role:admin", Doc: "Who is another service"},
		{Name: "add_image_location", Check: "rule:service_api or (" + projectMember + " and project_id:%(owner)s)", Doc: "Say where the bits of an image without bits lie"},
		{Name: "fetch_image_location", Check: "rule:service_api", Doc: "Ask for the places of an image's bits alone"},
		{Name: "deactivate", Check: adminOrMember, Doc: "Deactivate an image"},
		{Name: "reactivate", Check: adminOrMember, Doc: "Reactivate an image"},
		{Name: "add_member", Check: adminOrMember, Doc: "Share an image with a project"},
		{Name: "get_member", Check: adminOrAnyMember, Doc: "Show a member of an image"},
		{Name: "get_members", Check: adminOrAnyMember, Doc: "List the members of an image"},
		{Name: "modify_member", Check: adminOrSharedMember, Doc: "Accept or reject a shared image"},
		{Name: "delete_member", Check: adminOrMember, Doc: "End the sharing with a project"},
		{Name: "copy_image", Check: "role:admin", Doc: "Copy an image's bits to further stores"},
		{Name: "cache_image", Check: "role:admin", Doc: "Have an image brought into a host's cache"},
		{Name: "cache_list", Check: "role:admin", Doc: "See what a host's cache holds, and what is to come"},
		{Name: "cache_delete", Check: "role:admin", Doc: "Remove images from a host's cache"},
		{Name: "manage_image_cache", Check: "role:admin", Doc: "Manage a host's cache; the three rules above ask no more of it"},
		{Name: "get_task", Check: "rule:default", Doc: "Show a task"},
		{Name: "get_tasks", Check: "rule:default", Doc: "List tasks"},
		{Name: "add_task", Check: "rule:default", Doc: "Start a task"},
		{Name: "modify_task", Check: "rule:default", Doc: "Change a task, which nobody does"},
		{Name: "tasks_api_access", Check: "role:admin", Doc: "Use the tasks' part of the API at all"},
		{Name: "stores_info_detail", Check: "role:admin", Doc: "See the stores' settings"},
		{Name: "metadef_default", Check: "", Doc: "What needs a token and nothing else, of metadata definitions"},
		{Name: "metadef_admin", Check: "role:admin", Doc: "Who is an administrator of metadata definitions"},
		{Name: "get_metadef_namespace", Check: adminOrNamespaceReader, Doc: "Show a namespace"},
		{Name: "get_metadef_namespaces", Check: adminOrReader, Doc: "List namespaces"},
		{Name: "modify_metadef_namespace", Check: "rule:metadef_admin", Doc: "Update a namespace"},
		{Name: "add_metadef_namespace", Check: "rule:metadef_admin", Doc: "Create a namespace"},
		{Name: "delete_metadef_namespace", Check: "rule:metadef_admin", Doc: "Delete a namespace"},
		{Name: "get_metadef_object", Check: adminOrNamespaceReader, Doc: "Show an object of a namespace"},
		{Name: "get_metadef_objects", Check: adminOrNamespaceReader, Doc: "List the objects of a namespace"},
		{Name: "modify_metadef_object", Check: "rule:metadef_admin", Doc: "Update an object of a namespace"},
		{Name: "add_metadef_object", Check: "rule:metadef_admin", Doc: "Create an object in a namespace"},
		{Name: "delete_metadef_object", Check: "rule:metadef_admin", Doc: "Delete an object of a namespace"},
		{Name: "list_metadef_resource_types", Check: adminOrNamespaceReader, Doc: "List resource types"},
		{Name: "get_metadef_resource_type", Check: adminOrNamespaceReader, Doc: "See which resource types a namespace is for"},
		{Name: "add_metadef_resource_type_association", Check: "rule:metadef_admin", Doc: "Say that a namespace is for a resource type"},
		{Name: "remove_metadef_resource_type_association", Check: "rule:metadef_admin", Doc: "Say that a namespace is no more for a resource type"},
		{Name: "get_metadef_property", Check: adminOrNamespaceReader, Doc: "Show a property of a namespace"},
		{Name: "get_metadef_properties", Check: adminOrNamespaceReader, Doc: "List the properties of a namespace"},
		{Name: "modify_metadef_property", Check: "rule:metadef_admin", Doc: "Update a property of a namespace"},
		{Name: "add_metadef_property", Check: "rule:metadef_admin", Doc: "Create a property in a namespace"},
		{Name: "remove_metadef_property", Check: "rule:metadef_admin", Doc: "Delete a property of a namespace"},
		{Name: "get_metadef_tag", Check: adminOrNamespaceReader, Doc: "Show a tag of a namespace"},
		{Name: "get_metadef_tags", Check: adminOrNamespaceReader, Doc: "List the tags of a namespace"},
		{Name: "modify_metadef_tag", Check: "rule:metadef_admin", Doc: "Update a tag of a namespace"},
		{Name: "add_metadef_tag", Check: "rule:metadef_admin", Doc: "Create a tag in a namespace"},
		{Name: "add_metadef_tags", Check: "rule:metadef_admin", Doc: "Create tags in a namespace"},
		{Name: "delete_metadef_tag", Check: "rule:metadef_admin", Doc: "Delete a tag of a namespace"},
		{Name: "delete_metadef_tags", Check: "rule:metadef_admin", Doc: "Delete the tags of a namespace"},
	}
}
