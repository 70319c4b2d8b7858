package api

import (
	"slices"

	"cumulet/glance"
)

// Which attributes clients may not set, as glance/api/v2/images.py, RequestDeserializer.
func disallowed() []string {
	return []string{"direct_url", "self", "file", "schema", "stores"}
}

func readOnly() []string {
	return []string{
		"created_at", "updated_at", "status", "checksum", "size", "virtual_size", "direct_url", "self", "file", "schema",
		"id", "os_hash_algo", "os_hash_value", "stores",
	}
}

func reserved(name string) bool {
	return slices.Contains([]string{"location", "deleted", "deleted_at"}, name) || glance.IsReserved(name)
}

func errReadOnly(name string) error { return glance.Forbidden("Attribute '%s' is read-only.", name) }

func errReserved(name string) error { return glance.Forbidden("Attribute '%s' is reserved.", name) }
