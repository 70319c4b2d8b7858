package keystone

import "time"

// Receipt is what a user has proven of several things that they must prove: with the next try it counts again, for a few minutes.
type Receipt struct {
	User       User
	UserDomain Project
	Methods    []string
	// Required are the sets of methods that what is proven is part of.
	Required            [][]string
	IssuedAt, ExpiresAt time.Time
}

// MoreFactors is why a user who has proven something gets no token yet.
type MoreFactors struct{ Receipt Receipt }

func (e *MoreFactors) Error() string { return "more must be proven" }
