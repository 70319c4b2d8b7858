package rest

import "cumulet/oslo/fault"

// Check holds the body against schemas that the handler chose by what stands in it: where one route takes many kinds of
// bodies, as actions do.
func (c *Call) Check(ss Schemas) error {
	s := ss.at(c.Version)
	if s == nil {
		return nil
	}
	value, err := decode(c.Raw)
	if err != nil {
		return fault.New(fault.Invalid, "MalformedRequestBody", "Malformed request body: %s", bodyError(err))
	}
	if wrong := s.Validate(value); wrong != nil {
		return c.api.wrong(wrong)
	}
	return nil
}
