package token

import (
	"errors"
	"time"

	"cumulet/keystone"
	"cumulet/keystone/fernet"
)

// Receipts makes receipts of what a user has proven, and reads them. They are sealed by keys of their own: none passes for a token.
type Receipts struct {
	Keys *fernet.Keys
	Now  func() time.Time
}

// receiptPayload is the only version there is. As keystone/receipt/receipt_formatters.py.
const receiptPayload = 0

// Issue makes the receipt of a user's methods.
func (r *Receipts) Issue(userID string, methods []string, issued, expires time.Time) (string, error) {
	bits, err := methodBits(methods)
	if err != nil {
		return "", err
	}
	keys, err := r.Keys.Active()
	if err != nil {
		return "", err
	}
	payload := appendValue(nil, []any{int64(receiptPayload), packID(userID), bits, float64(expires.Unix())})
	return fernet.Seal(keys[0], payload, issued), nil
}

// Read gives what a receipt says, unless it has ended.
func (r *Receipts) Read(text string) (userID string, methods []string, err error) {
	if len(text) > longest {
		return "", nil, keystone.Unauthorized(ErrUnreadable)
	}
	keys, err := r.Keys.Active()
	if err != nil {
		return "", nil, err
	}
	payload, _, err := fernet.Unseal(keys, text)
	if err != nil {
		return "", nil, keystone.Unauthorized(ErrUnreadable)
	}
	in := reader{b: payload}
	parts, ok := in.value(4).([]any)
	f := fields{parts: parts}
	version := f.int()
	userID, methods = f.id(), f.methods()
	expires := f.time()
	if !ok || in.bad || len(in.b) > 0 || f.bad || len(f.parts) > 0 || version != receiptPayload {
		return "", nil, keystone.Unauthorized(ErrUnreadable)
	}
	if !r.Now().Before(expires) {
		return "", nil, keystone.Unauthorized(errors.New("the receipt has expired"))
	}
	return userID, methods, nil
}
