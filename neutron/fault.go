package neutron

import (
	"strings"

	"cumulet/oslo/fault"
)

// The faults, named and worded as neutron_lib/exceptions. What neutron calls "in use" is a conflict.

func notFound(name, format string) func(id string) error {
	return func(id string) error { return fault.New(fault.NotFound, name, format, id) }
}

// NetworkNotFound and the like say that there is no such noun, or none that the caller may see.
func NetworkNotFound(id string) error {
	return notFound("NetworkNotFound", "Network %s could not be found.")(id)
}

// SubnetNotFound says that there is no such subnet.
func SubnetNotFound(id string) error {
	return notFound("SubnetNotFound", "Subnet %s could not be found.")(id)
}

// PortNotFound says that there is no such port.
func PortNotFound(id string) error {
	return notFound("PortNotFound", "Port %s could not be found.")(id)
}

// RouterNotFound says that there is no such router.
func RouterNotFound(id string) error {
	return notFound("RouterNotFound", "Router %s could not be found")(id)
}

// FloatingIPNotFound says that there is no such floating address.
func FloatingIPNotFound(id string) error {
	return notFound("FloatingIPNotFound", "Floating IP %s could not be found")(id)
}

// SecurityGroupNotFound says that there is no such group.
func SecurityGroupNotFound(id string) error {
	return notFound("SecurityGroupNotFound", "Security group %s does not exist")(id)
}

// SecurityGroupRuleNotFound says that there is no such rule.
func SecurityGroupRuleNotFound(id string) error {
	return notFound("SecurityGroupRuleNotFound", "Security group rule %s does not exist")(id)
}

// SubnetPoolNotFound says that there is no such subnet pool.
func SubnetPoolNotFound(id string) error {
	return notFound("SubnetPoolNotFound", "Subnet pool %s could not be found.")(id)
}

// AgentNotFound says that there is no such agent.
func AgentNotFound(id string) error {
	return notFound("AgentNotFound", "Agent %s could not be found.")(id)
}

// Invalid is neutron_lib's InvalidInput: a value that makes no sense here.
func Invalid(format string, args ...any) *fault.Fault {
	f := fault.New(fault.Invalid, "InvalidInput", format, args...)
	f.Text = "Invalid input for operation: " + strings.TrimSuffix(f.Text, ".") + "."
	return f
}

// Bad is neutron_lib's BadRequest about a resource.
func Bad(resource, format string, args ...any) *fault.Fault {
	f := fault.New(fault.Invalid, "BadRequest", format, args...)
	f.Text = "Bad " + resource + " request: " + f.Text + "."
	return f
}

// Conflict is a refusal because of how things are, with its own name and text.
func Conflict(name, format string, args ...any) *fault.Fault {
	return fault.New(fault.Conflict, name, format, args...)
}

// OverQuota names the resources that do not fit.
func OverQuota(resources []string) *fault.Fault {
	quoted := make([]string, len(resources))
	for i, r := range resources {
		quoted[i] = "'" + r + "'"
	}
	return fault.New(fault.Quota, "OverQuota", "Quota exceeded for resources: [%s].", strings.Join(quoted, ", "))
}

// RevisionFailed says that an If-Match does not hold.
func RevisionFailed(expected, current int) error {
	return fault.New(fault.Precondition, "RevisionNumberConstraintFailed",
		"Constrained to %d, but current revision is %d", expected, current)
}
