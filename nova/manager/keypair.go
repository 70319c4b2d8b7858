package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// CreateKeypair imports k.PublicKey, or makes a pair when it is "" (the answer alone holds the private key). The owner is
// k.UserID, else the caller.
func (m *Manager) CreateKeypair(ctx context.Context, who policy.Who, k nova.Keypair) (nova.Keypair, error) {
	return nova.Keypair{}, errUnderWay
}

// Keypair shows a user's key pair.
func (m *Manager) Keypair(ctx context.Context, userID, name string) (nova.Keypair, error) {
	return nova.Keypair{}, errUnderWay
}

// Keypairs lists a user's key pairs by name; the marker is a name.
func (m *Manager) Keypairs(ctx context.Context, userID string, p nova.Page) ([]nova.Keypair, error) {
	return nil, errUnderWay
}

// DeleteKeypair removes one.
func (m *Manager) DeleteKeypair(ctx context.Context, userID, name string) error { return errUnderWay }
