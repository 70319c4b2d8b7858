package glance

import "cumulet/oslo/fault"

// Invalid is a request whose sense is wrong.
func Invalid(format string, args ...any) *fault.Fault {
	return fault.New(fault.Invalid, "Invalid", format, args...)
}

// Forbidden is what the caller may not do to an image that it sees.
func Forbidden(format string, args ...any) *fault.Fault {
	return fault.New(fault.Forbidden, "Forbidden", format, args...)
}

// Conflict is what the state of an image does not allow.
func Conflict(format string, args ...any) *fault.Fault {
	return fault.New(fault.Conflict, "Conflict", format, args...)
}

// Detail is the key of a fault's details that, set to true, asks the dialect to show the text below the status's own
// explanation instead of in its place, as webob does with what an exception is raised with.
const Detail = "detail"

// Below has the fault's text shown below the status's own explanation.
func Below(f *fault.Fault) *fault.Fault { return f.With(Detail, true) }

// NotFound is an image that is not there, or not for this caller.
func NotFound(id string) *fault.Fault {
	return fault.New(fault.NotFound, "ImageNotFound", "No image found with ID %s", id)
}

// BadTransition is a change of state that states do not have.
func BadTransition(from, to Status) *fault.Fault {
	return fault.New(fault.Conflict, "InvalidImageStatusTransition",
		"Image status transition from %s to %s is not allowed", from, to)
}

// Gone is an upload whose image was deleted, or taken from it, meanwhile.
func Gone(id string) *fault.Fault {
	return fault.New(fault.Gone, "ImageGone", "Image %s could not be found after upload. The image may have been "+
		"deleted during the upload, cleaning up the chunks uploaded.", id)
}

// OverLimit is more of a thing than one image may carry.
func OverLimit(things string, attempted, maximum int) *fault.Fault {
	return fault.New(fault.TooLarge, "LimitExceeded",
		"The limit has been exceeded on the number of allowed image %s. Attempted: %d, Maximum: %d", things, attempted, maximum)
}

// OverQuota is more than the project may have by keystone's limits; over says of what. The text is upstream's whole, as
// glance/common/exception.py, LimitExceeded, words it.
func OverQuota(over string) *fault.Fault {
	return fault.New(fault.Quota, "LimitExceeded", "The request returned a 413 Request Entity Too Large. This generally means that "+
		"rate limiting or a quota threshold was breached.\n\nThe response body:\n%s", over)
}

// TooLarge is an image beyond image_size_cap.
func TooLarge() *fault.Fault {
	return fault.New(fault.TooLarge, "ImageSizeLimitExceeded", "The incoming image is too large: The provided image is too large.")
}

// StorageFull is a store with no room for the bits.
func StorageFull(why string) *fault.Fault {
	return fault.New(fault.TooLarge, "StorageFull", "Image storage media is full: %s", why)
}

// BadData are bits that are not what the image says, or are not safe to use.
func BadData(format string, args ...any) *fault.Fault {
	return fault.New(fault.Unsupported, "InvalidImageData", format, args...)
}
