package glance

// RegistryTopic is where glance-registry takes its messages.
const RegistryTopic = "glance-registry"

// The messages that glance-registry answers. Each says who asks.
type (
	// CreateImage registers an image; the answer is the Image.
	CreateImage struct {
		Caller Caller `json:"caller"`
		Image  Image  `json:"image"`
	}
	// ShowImage asks for one Image.
	ShowImage struct {
		Caller Caller `json:"caller"`
		ID     string `json:"id"`
	}
	// ListImages asks for a page of images, []Image.
	ListImages struct {
		Caller Caller `json:"caller"`
		Filter Filter `json:"filter"`
	}
	// UpdateImage applies a patch, all of it or nothing; the answer is the Image.
	UpdateImage struct {
		Caller  Caller   `json:"caller"`
		ID      string   `json:"id"`
		Changes []Change `json:"changes"`
	}
	// DeleteImage deletes an image; the answer is where its bits lie, []Location, for the asker to remove.
	DeleteImage struct {
		Caller Caller `json:"caller"`
		ID     string `json:"id"`
	}
	// DeleteFromStore takes an image's bits out of one of its stores; the answer is where they lie, []Location, for the asker to remove.
	DeleteFromStore struct {
		Caller Caller `json:"caller"`
		ID     string `json:"id"`
		Store  string `json:"store"`
	}
	// ActivateImage deactivates an image or, with Active, gives it back.
	ActivateImage struct {
		Caller Caller `json:"caller"`
		ID     string `json:"id"`
		Active bool   `json:"active"`
	}
	// TagImage adds a tag or, with Remove, takes it off.
	TagImage struct {
		Caller Caller `json:"caller"`
		ID     string `json:"id"`
		Tag    string `json:"tag"`
		Remove bool   `json:"remove"`
	}

	// BeginUpload asks for the right to bring an image's bits to a store; the answer is an Upload.
	BeginUpload struct {
		Caller Caller `json:"caller"`
		ID     string `json:"id"`
		Store  string `json:"store"`
	}
	// RenewUpload says that an upload goes on; a fault of kind gone that it must not.
	RenewUpload struct {
		ID    string `json:"id"`
		Token string `json:"token"`
		// Copied is how many bytes have come, of an import.
		Copied int64 `json:"copied,omitempty"`
	}
	// FinishUpload makes the image active with its bits; the answer is the Image.
	FinishUpload struct {
		ID    string `json:"id"`
		Token string `json:"token"`
		Bits  Bits   `json:"bits"`
	}
	// AbortUpload queues the image again.
	AbortUpload struct {
		ID    string `json:"id"`
		Token string `json:"token"`
	}

	// CreateMember shares an image; the answer is the Member.
	CreateMember struct {
		Caller    Caller `json:"caller"`
		ImageID   string `json:"image_id"`
		ProjectID string `json:"member_id"`
	}
	// ShowMember asks for one Member.
	ShowMember struct {
		Caller    Caller `json:"caller"`
		ImageID   string `json:"image_id"`
		ProjectID string `json:"member_id"`
	}
	// ListMembers asks for the members of an image that the caller may see, []Member.
	ListMembers struct {
		Caller  Caller `json:"caller"`
		ImageID string `json:"image_id"`
	}
	// UpdateMember says what the member makes of the offer; the answer is the Member.
	UpdateMember struct {
		Caller    Caller       `json:"caller"`
		ImageID   string       `json:"image_id"`
		ProjectID string       `json:"member_id"`
		Status    MemberStatus `json:"status"`
	}
	// DeleteMember ends the sharing with one project.
	DeleteMember struct {
		Caller    Caller `json:"caller"`
		ImageID   string `json:"image_id"`
		ProjectID string `json:"member_id"`
	}

	// ShowUsage asks what the caller's project has of what keystone limits, map[string]Usage by resource; empty where nothing is
	// held to keystone's limits.
	ShowUsage struct {
		Caller Caller `json:"caller"`
	}

	// ListDoomed asks for at most Limit locations of deleted images whose bits still lie in a store, []Location. It is asked for
	// each store by itself, so that one that is away keeps none of the others from being cleared.
	ListDoomed struct {
		Store string `json:"store"`
		Limit int    `json:"limit"`
	}
	// ForgetLocation says that the bits of a deleted image are gone from their store.
	ForgetLocation struct {
		Location Location `json:"location"`
	}
	// FindOrphans asks which of the keys of a store are of images of this cloud and known to no image and no upload, []string.
	FindOrphans struct {
		Store string   `json:"store"`
		Keys  []string `json:"keys"`
	}
)

// Method names the message on the bus.
func (CreateImage) Method() string { return "create_image" }

// Method names the message on the bus.
func (ShowImage) Method() string { return "show_image" }

// Method names the message on the bus.
func (ListImages) Method() string { return "list_images" }

// Method names the message on the bus.
func (UpdateImage) Method() string { return "update_image" }

// Method names the message on the bus.
func (DeleteImage) Method() string { return "delete_image" }

// Method names the message on the bus.
func (DeleteFromStore) Method() string { return "delete_from_store" }

// Method names the message on the bus.
func (ActivateImage) Method() string { return "activate_image" }

// Method names the message on the bus.
func (TagImage) Method() string { return "tag_image" }

// Method names the message on the bus.
func (BeginUpload) Method() string { return "begin_upload" }

// Method names the message on the bus.
func (RenewUpload) Method() string { return "renew_upload" }

// Method names the message on the bus.
func (FinishUpload) Method() string { return "finish_upload" }

// Method names the message on the bus.
func (AbortUpload) Method() string { return "abort_upload" }

// Method names the message on the bus.
func (CreateMember) Method() string { return "create_member" }

// Method names the message on the bus.
func (ShowMember) Method() string { return "show_member" }

// Method names the message on the bus.
func (ListMembers) Method() string { return "list_members" }

// Method names the message on the bus.
func (UpdateMember) Method() string { return "update_member" }

// Method names the message on the bus.
func (DeleteMember) Method() string { return "delete_member" }

// Method names the message on the bus.
func (ShowUsage) Method() string { return "show_usage" }

// Method names the message on the bus.
func (ListDoomed) Method() string { return "list_doomed" }

// Method names the message on the bus.
func (ForgetLocation) Method() string { return "forget_location" }

// Method names the message on the bus.
func (FindOrphans) Method() string { return "find_orphans" }
