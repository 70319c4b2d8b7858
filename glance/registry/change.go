package registry

import (
	"cumulet/glance"
	"cumulet/oslo/fault"
)

// maxValue bounds the value of one property, in bytes: what upstream's TEXT column holds.
const maxValue = 65535

func noSuchTag() error {
	return fault.New(fault.NotFound, "HTTPNotFound", "The resource could not be found.")
}

// apply does one operation of a patch. Attributes cannot be removed, only properties.
// As glance/api/v2/images.py, ImagesController._do_replace, _do_add and _do_remove.
func (r *Registry) apply(caller glance.Caller, i *glance.Image, c glance.Change) error {
	set, isAttribute := attribute(c.Name)
	_, there := i.Properties[c.Name]
	switch c.Operation {
	case glance.Remove:
		switch {
		case isAttribute:
			return glance.Below(glance.Forbidden("Property %s may not be removed.", c.Name))
		case !there:
			return glance.Below(glance.Conflict("Property %s does not exist.", c.Name))
		}
		delete(i.Properties, c.Name)
		return nil
	case glance.Replace:
		if !isAttribute && !there {
			return glance.Below(glance.Conflict("Property %s does not exist.", c.Name))
		}
	case glance.Add:
		if c.Strict && (isAttribute || there) {
			return glance.Below(glance.Conflict("Property %s already present.", c.Name))
		}
	default:
		return glance.Invalid("Invalid operation: `%s`.", c.Operation)
	}
	if isAttribute {
		return set(caller, i, c.Value)
	}
	return setProperty(i, c.Name, c.Value)
}

func setProperty(i *glance.Image, name string, value any) error {
	text, ok := value.(string)
	switch {
	case value == nil: // kernel_id and ramdisk_id may be null, which is to have none
		delete(i.Properties, name)
		return nil
	case !ok:
		return mistyped(name)
	case len(text) > maxValue:
		return glance.Invalid("Property %s is longer than %d bytes.", name, maxValue)
	case len(name) > 255:
		return glance.Invalid("Custom property should not be greater than 255 characters.")
	}
	i.Properties[name] = text
	return nil
}

type setter func(caller glance.Caller, i *glance.Image, value any) error

// attribute is how an attribute of an image is set, by the API's name.
func attribute(name string) (setter, bool) {
	switch name {
	case "name":
		return setName, true
	case "owner":
		return setOwner, true
	case "visibility":
		return setVisibility, true
	case "tags":
		return setTags, true
	case "protected":
		return flag(name, func(i *glance.Image) *bool { return &i.Protected }), true
	case "os_hidden":
		return flag(name, func(i *glance.Image) *bool { return &i.Hidden }), true
	case "min_disk":
		return number(name, func(i *glance.Image) *int { return &i.MinDiskGiB }), true
	case "min_ram":
		return number(name, func(i *glance.Image) *int { return &i.MinRAMMiB }), true
	case "disk_format":
		return kind(name, func(i *glance.Image) *string { return &i.DiskFormat }), true
	case "container_format":
		return kind(name, func(i *glance.Image) *string { return &i.ContainerFormat }), true
	}
	return nil, false
}

func mistyped(name string) error { return glance.Invalid("The value of %s is of a wrong type.", name) }

func setName(_ glance.Caller, i *glance.Image, value any) error {
	text, ok := value.(string)
	switch {
	case value == nil:
		i.Name = nil
	case !ok || len([]rune(text)) > 255:
		return mistyped("name")
	default:
		i.Name = &text
	}
	return nil
}

func setOwner(caller glance.Caller, i *glance.Image, value any) error {
	text, ok := value.(string)
	if !caller.Admin {
		return glance.Below(glance.Forbidden("Owner can't be updated by non admin."))
	}
	if value != nil && !ok {
		return mistyped("owner")
	}
	i.Owner = text
	return nil
}

func setVisibility(_ glance.Caller, i *glance.Image, value any) error {
	text, ok := value.(string)
	if !ok {
		return mistyped("visibility")
	}
	i.Visibility = glance.Visibility(text)
	return nil
}

func setTags(_ glance.Caller, i *glance.Image, value any) error {
	list, ok := value.([]any)
	if !ok {
		return mistyped("tags")
	}
	tags := make([]string, len(list))
	for n, item := range list {
		if tags[n], ok = item.(string); !ok {
			return mistyped("tags")
		}
	}
	i.SetTags(tags)
	return nil
}

func flag(name string, of func(*glance.Image) *bool) setter {
	return func(_ glance.Caller, i *glance.Image, value any) error {
		on, ok := value.(bool)
		if !ok {
			return mistyped(name)
		}
		*of(i) = on
		return nil
	}
}

// number sets an integer of 32 bits, which is what upstream's columns hold. Numbers cross the bus as JSON's.
func number(name string, of func(*glance.Image) *int) setter {
	return func(_ glance.Caller, i *glance.Image, value any) error {
		n, ok := value.(float64)
		if !ok || n != float64(int32(n)) {
			return mistyped(name)
		}
		*of(i) = int(n)
		return nil
	}
}

// kind sets a format, which nothing may change once bits have come.
func kind(name string, of func(*glance.Image) *string) setter {
	return func(_ glance.Caller, i *glance.Image, value any) error {
		text, ok := value.(string)
		if value != nil && !ok {
			return mistyped(name)
		}
		if i.Status != glance.Queued && i.Status != glance.Importing {
			return glance.Forbidden("Attribute %s can be only replaced for a queued image.", name)
		}
		*of(i) = text
		return nil
	}
}
