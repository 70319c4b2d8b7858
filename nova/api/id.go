package api

import (
	"regexp"
	"strconv"

	"cumulet/oslo/rest"
)

var uuidLike = regexp.MustCompile(uuidPattern)

func isUUID(s string) bool { return uuidLike.MatchString(s) }

// checkID refuses ids in the path that are no UUIDs, or no numbers before 2.53.
func checkID(c *rest.Call) error {
	id := c.Path("id")
	if c.Version.AtLeast(2, 53) {
		if !isUUID(id) {
			return bad("Invalid uuid %s", id)
		}
		return nil
	}
	if _, err := strconv.ParseInt(id, 10, 64); err != nil {
		return bad("id must be an integer")
	}
	return nil
}
