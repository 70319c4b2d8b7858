package nova

import "time"

// Keypair is a user's public key under a name.
type Keypair struct {
	ID          int64  `json:"id"`
	UserID      string `json:"user_id"`
	Name        string `json:"name"`
	Type        string `json:"type"` // "ssh" or "x509"
	Fingerprint string `json:"fingerprint"`
	PublicKey   string `json:"public_key"`
	// PrivateKey is given once, in the answer to a creation that generates the pair; it is never kept.
	PrivateKey string    `json:"-"`
	CreatedAt  time.Time `json:"created_at"`
}

// Identity makes a key pair's events findable.
func (k Keypair) Identity() (id, projectID string) { return k.UserID + "/" + k.Name, "" }
