package keystone

import (
	"errors"

	"cumulet/oslo/fault"
)

// SignIn is a try to sign in with a password, as the event log keeps it where somebody listens.
type SignIn struct {
	UserID   string
	UserName string
	Outcome  Outcome
	// Reason is why it failed, where that is no secret among operators: a locked account, a password that is too old.
	Reason string
}

// Identity makes a sign-in findable by its user.
func (s SignIn) Identity() (id, projectID string) { return s.UserID, "" }

// Outcome is how something ended, as CADF calls it.
type Outcome string

// The outcomes.
const (
	Success Outcome = "success"
	Failure Outcome = "failure"
)

// ErrLocked is why a sign-in fails after too many wrong passwords; the caller is not told.
var ErrLocked = errors.New("the account is locked")

// NewSignIn describes a try of a user that ended with err.
func NewSignIn(u User, err error) SignIn {
	s := SignIn{UserID: u.ID, UserName: u.Name, Outcome: Success}
	if err == nil {
		return s
	}
	s.Outcome = Failure
	f := fault.Of(err)
	switch { // worded as keystone/exception.py
	case errors.Is(err, ErrLocked):
		s.Reason = "The account is locked for user: " + u.ID + "."
	case f != nil && f.Name == "PasswordExpired":
		s.Reason = f.Text
	}
	return s
}
