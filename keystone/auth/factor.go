package auth

import (
	"context"
	"errors"
	"slices"
	"time"

	"cumulet/keystone"
)

// countReceipt adds what a receipt says that the user has proven before.
func (m *Manager) countReceipt(text string, p *Proof) error {
	if text == "" {
		return nil
	}
	userID, methods, err := m.Receipts.Read(text)
	if err != nil {
		return err
	}
	if userID != p.User.ID {
		return keystone.Unauthorized(errors.New("the receipt is another user's"))
	}
	p.Methods = append(p.Methods, methods...)
	return nil
}

// enough is nil when the user has proven all of one of the sets that they must, else a receipt of what they have. Methods that this
// keystone has not are not asked for, so that nobody is locked out by its configuration. As UserMFARulesValidator.
func (m *Manager) enough(ctx context.Context, p *Proof) error {
	factors := p.User.Factors()
	if len(factors) == 0 {
		return nil
	}
	now := m.Now().UTC()
	r := keystone.Receipt{
		User: p.User, Methods: inOrder(p.Methods), Required: [][]string{}, IssuedAt: now.Truncate(time.Second),
		ExpiresAt: now.Add(m.Config.ReceiptLifetime).Truncate(time.Second),
	}
	for _, set := range factors {
		set = slices.DeleteFunc(slices.Clone(set), func(method string) bool { return m.Methods[method] == nil })
		if !slices.ContainsFunc(set, func(method string) bool { return !slices.Contains(p.Methods, method) }) {
			return nil
		}
		if slices.ContainsFunc(set, func(method string) bool { return slices.Contains(p.Methods, method) }) {
			r.Required = append(r.Required, set)
		}
	}
	var err error
	if r.UserDomain, err = m.DB.Domain(ctx, p.User.DomainID); err != nil {
		return err
	}
	return &keystone.MoreFactors{Receipt: r}
}

// IssueReceipt makes the text of a receipt.
func (m *Manager) IssueReceipt(r keystone.Receipt) (string, error) {
	return m.Receipts.Issue(r.User.ID, r.Methods, r.IssuedAt, r.ExpiresAt)
}
