package glance

import "time"

// Upload is the right to bring an image's bits: whoever holds its token, and only while the registry hears of it. An
// upload that has gone silent is taken to have died; its image is queued again.
type Upload struct {
	Image Image  `json:"image"`
	Token string `json:"token"`
	// Location is where the bits shall go: a key that no other upload has.
	Location Location `json:"location"`
	// Renew is how often the holder must be heard of.
	Renew time.Duration `json:"renew"`
}

// Fill makes what is known of bits the image's.
func (i *Image) Fill(b Bits) {
	i.Size, i.VirtualSize = &b.Size, b.VirtualSize
	i.Checksum, i.HashAlgo, i.HashValue = b.Checksum, b.HashAlgo, b.HashValue
}

// Bits are what an upload has brought.
type Bits struct {
	Size        int64  `json:"size"`
	VirtualSize *int64 `json:"virtual_size"` // nil when the format does not tell
	Checksum    string `json:"checksum"`
	HashAlgo    string `json:"os_hash_algo"`
	HashValue   string `json:"os_hash_value"`
}
