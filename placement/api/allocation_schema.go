package api

import "fmt"

const (
	claimOwners  = `"project_id": ` + owner + `, "user_id": ` + owner
	consumerType = `"consumer_type": {"type": "string", "pattern": "` + classPattern + `", "minLength": 1, "maxLength": 255}`
	mappings     = `"mappings": {"type": "object", "minProperties": 1, "patternProperties": {"^(` + suffixedGroup +
		`)?$": {"type": "array", "minItems": 1, "items": {"type": "string", "format": "uuid"}}}}`
)

// listedClaim is the body of PUT before 1.12, where providers stand in a list; required are further members.
func listedClaim(required string) string {
	item := object(`"resource_provider": `+object(`"uuid": {"type": "string", "format": "uuid"}`, "uuid")+
		`, "resources": `+resourceObject, "resource_provider resources")
	properties, names := `"allocations": {"type": "array", "minItems": 1, "items": `+item+`}`, "allocations"
	if required != "" {
		properties, names = properties+", "+claimOwners, names+" "+required
	}
	return object(properties, names)
}

// claimSchema is what one consumer shall have, of at least so many providers, at a microversion 1.minor.
func claimSchema(minor, least int) string {
	one := object(`"generation": {"type": "integer"}, "resources": `+resourceObject, "resources")
	properties := fmt.Sprintf(`"allocations": {"type": "object", "minProperties": %d, "patternProperties": {"%s": %s},
		"additionalProperties": false}, %s`, least, uuidPattern, one, claimOwners)
	names := "allocations project_id user_id"
	if minor >= 28 {
		properties, names = properties+`, "consumer_generation": {"type": ["integer", "null"]}`, names+" consumer_generation"
	}
	if minor >= 34 {
		properties += ", " + mappings
	}
	if minor >= 38 {
		properties, names = properties+", "+consumerType, names+" consumer_type"
	}
	return object(properties, names)
}

// claimsSchema is at least so many claims by consumer.
func claimsSchema(minor, least int) string {
	return fmt.Sprintf(`{"type": "object", "minProperties": %d, "additionalProperties": false, "patternProperties": {"%s": %s}}`,
		least, uuidPattern, claimSchema(minor, 0))
}
