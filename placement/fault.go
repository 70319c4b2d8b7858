package placement

import (
	"strings"

	"cumulet/oslo/fault"
)

// Names of faults that have a code of their own on the wire; as placement/errors.py.
const (
	ConcurrentUpdate       = "ConcurrentUpdate"
	InventoryInUse         = "InventoryInUse"
	DuplicateName          = "DuplicateName"
	ProviderInUse          = "ResourceProviderInUse"
	ParentInUse            = "CannotDeleteParentResourceProvider"
	ReshapedProviderAbsent = "ReshapedProviderNotFound"
	QueryDuplicateKey      = "QueryDuplicateKey"
	QueryBadValue          = "QueryBadValue"
	QueryMissingValue      = "QueryMissingValue"
)

// NoProvider says that there is no such provider.
func NoProvider(id string) *fault.Fault {
	return fault.New(fault.NotFound, "ResourceProviderNotFound", "No resource provider with uuid %s found", id)
}

// NoResourceClass says that there is no such class.
func NoResourceClass(name string) *fault.Fault {
	return fault.New(fault.NotFound, "ResourceClassNotFound", "No such resource class %s.", name)
}

// NoTrait says that there are no such traits.
func NoTrait(names ...string) *fault.Fault {
	return fault.New(fault.NotFound, "TraitNotFound", "No such trait(s): %s.", strings.Join(names, ", "))
}

// Invalid is a request that makes no sense.
func Invalid(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "BadRequest", format, args...)
}

// Conflicting is a refusal for the state of things, with one of the names above.
func Conflicting(name, format string, args ...any) *fault.Fault {
	return fault.New(fault.Conflict, name, format, args...)
}
