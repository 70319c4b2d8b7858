package api

import (
	"strings"

	"cumulet/oslo/rest"
)

// serverFields are the members of a server to create; which of them there are depends on the microversion. As
// nova/api/openstack/compute/schemas/servers.py.
type serverFields struct{ minor int }

func (f serverFields) at(minor int) bool { return f.minor >= minor }

// createServerSchemas are the bodies of a creation by microversion.
func createServerSchemas() rest.Schemas {
	schemas := rest.Body(rest.MustSchema(serverFields{1}.create()))
	for _, minor := range []int{19, 32, 33, 37, 42, 52, 57, 63, 67, 74, 90} {
		schemas = schemas.From(rest.V(2, minor), rest.MustSchema(serverFields{minor}.create()))
	}
	return schemas
}

func (f serverFields) create() string {
	required := "name flavorRef"
	if f.at(37) {
		required += " networks"
	}
	hints := schedulerHints()
	return object(`"server": `+object(strings.Join(f.members(), ", "), required)+
		`, "os:scheduler_hints": `+hints+`, "OS-SCH-HNT:scheduler_hints": `+hints, "server")
}

func (f serverFields) members() []string {
	members := []string{
		`"name": ` + named(namePattern),
		`"imageRef": {"anyOf": [{"type": "string", "maxLength": 0}, ` + uuid + `]}`,
		`"flavorRef": {"type": ["string", "integer"], "minLength": 1, "maxLength": 255}`,
		`"adminPass": {"type": "string", "maxLength": 1024}`,
		`"metadata": ` + metadata,
		`"networks": ` + f.networks(),
		`"OS-DCF:diskConfig": ` + diskConfig,
		`"accessIPv4": {"type": "string", "format": "ipv4"}`,
		`"accessIPv6": {"type": "string", "format": "ipv6"}`,
		`"availability_zone": ` + named(namePattern),
		`"block_device_mapping": {"type": "array", "maxItems": 64, "items": {"type": "object"}}`,
		`"block_device_mapping_v2": {"type": "array", "maxItems": 64, "items": ` + f.blockDevice() + `}`,
		`"config_drive": ` + boolean,
		`"key_name": ` + named(namePattern),
		`"min_count": ` + positive,
		`"max_count": ` + positive,
		`"return_reservation_id": ` + boolean,
		`"security_groups": {"type": "array", "maxItems": 128, "items": ` + object(`"name": `+named(namePattern), "") + `}`,
		`"user_data": {"type": "string", "format": "base64", "maxLength": 65535}`,
	}
	for _, m := range []struct {
		since, until int
		member       string
	}{
		{1, 56, `"personality": {"type": "array", "maxItems": 64, "items": ` +
			object(`"path": `+anyString+`, "contents": {"type": "string", "format": "base64"}`, "") + `}`},
		{19, 0, `"description": ` + description},
		{52, 0, `"tags": {"type": "array", "maxItems": 50, "items": ` + tag + `}`},
		{63, 0, `"trusted_image_certificates": {"type": ["array", "null"], "minItems": 1, "maxItems": 50, "uniqueItems": true,
			"items": {"type": "string", "minLength": 1, "maxLength": 255}}`},
		{74, 0, `"host": ` + fqdn},
		{74, 0, `"hypervisor_hostname": ` + fqdn},
		{90, 0, `"hostname": ` + hostname},
	} {
		if f.at(m.since) && (m.until == 0 || f.minor <= m.until) {
			members = append(members, m.member)
		}
	}
	return members
}

const hostname = `{"type": "string", "minLength": 2, "maxLength": 63, "pattern": "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$"}`

// networks may be "auto" or "none" since 2.37; tags were there in 2.32 to 2.36, and are again since 2.42.
func (f serverFields) networks() string {
	id := anyString
	if f.at(37) {
		id = uuid
	}
	members := `"fixed_ip": ` + address + `, "port": {"anyOf": [` + uuid + `, {"type": "null"}]}, "uuid": ` + id
	if f.at(32) && !f.at(37) || f.at(42) {
		members += `, "tag": ` + tag
	}
	list := `{"type": "array", "maxItems": 128, "items": ` + object(members, "") + `}`
	if !f.at(37) {
		return list
	}
	return `{"oneOf": [` + list + `, {"type": "string", "enum": ["none", "auto"]}]}`
}

func (f serverFields) blockDevice() string {
	short := `{"type": "string", "maxLength": 255}`
	members := `"virtual_name": ` + short + `, "volume_id": ` + uuid + `, "snapshot_id": ` + uuid + `, "image_id": ` + uuid + `,
		"volume_size": ` + positive + `, "device_name": {"type": ["string", "null"], "maxLength": 255},
		"delete_on_termination": ` + boolean + `, "no_device": {}, "connection_info": ` + anyString + `,
		"source_type": {"enum": ["volume", "image", "snapshot", "blank"]},
		"uuid": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._-]*$"},
		"destination_type": {"enum": ["local", "volume"]}, "guest_format": ` + short + `, "device_type": ` + short + `,
		"disk_bus": ` + short + `, "boot_index": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]{1,9}$"}`
	if f.minor == 32 || f.at(42) {
		members += `, "tag": ` + tag
	}
	if f.at(67) {
		members += `, "volume_type": {"type": ["string", "null"], "maxLength": 255}`
	}
	return object(members, "")
}

func schedulerHints() string {
	hosts := `{"anyOf": [` + uuid + `, {"type": "array", "maxItems": 128, "items": ` + uuid + `}]}`
	return `{"type": "object", "maxProperties": 32, "properties": {"group": ` + uuid + `, "different_host": ` + hosts + `,
		"same_host": ` + hosts + `, "query": {"type": ["string", "object"]}, "build_near_host_ip": ` + address + `,
		"cidr": {"type": "string", "pattern": "^/[0-9a-f.:]+$"}}}`
}

// updateServerSchemas are the bodies of an update by microversion.
func updateServerSchemas() rest.Schemas {
	members := `"name": ` + named(namePattern) + `, "OS-DCF:diskConfig": ` + diskConfig +
		`, "accessIPv4": {"type": "string", "format": "ipv4"}, "accessIPv6": {"type": "string", "format": "ipv6"}`
	schema := func(more string) *rest.Schema { return rest.MustSchema(wrapped("server", object(members+more, ""))) }
	return rest.Body(schema("")).
		From(rest.V(2, 19), schema(`, "description": `+description)).
		From(rest.V(2, 90), schema(`, "description": `+description+`, "hostname": `+hostname))
}
