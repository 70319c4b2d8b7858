package store

import (
	"fmt"

	"cumulet/oslo/fault"
)

// NotFound is a key that is not in the store.
func NotFound(store, key string) *fault.Fault {
	return fault.New(fault.NotFound, "StoreNotFound", "Image %s not found in store %s.", key, store)
}

// Full is a store without room.
func Full(format string, args ...any) *fault.Fault {
	return fault.New(fault.TooLarge, "StorageFull", "Image storage media is full: %s", fmt.Sprintf(format, args...))
}

// NoKey is a name that cannot be a key of the store.
func NoKey(store, key string) error { return fmt.Errorf("%q is no key of store %q", key, store) }

// Taken is a key that something lies under already.
func Taken(store, key string) error { return fmt.Errorf("store %q has the key %q already", store, key) }

// ReadOnly is a store that takes nothing. As glance/api/v2/image_data.py words glance_store's StoreAddDisabled.
func ReadOnly() *fault.Fault {
	return fault.New(fault.Gone, "StoreAddDisabled", "Error in store configuration. Adding images to store is disabled.")
}

// NoDelete is a store that nothing is deleted from. As glance_store/exceptions.py, StoreDeleteNotSupported.
func NoDelete() *fault.Fault {
	return fault.New(fault.Forbidden, "StoreDeleteNotSupported", "Deleting images from this store is not supported.")
}

// Away is a store that does not answer as it should.
func Away(store string, cause error) *fault.Fault {
	return fault.New(fault.Unavailable, "RemoteServiceUnavailable", "The image store %s is unavailable.", store).Because(cause)
}
