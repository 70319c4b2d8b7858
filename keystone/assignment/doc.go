// Package assignment holds the rules of roles: what they imply, who has them where, and what that comes to. An actor's
// roles in a scope are its own and its groups' assignments there, the inherited ones from above, and all that these
// imply. What a role may do is each service's policy.
package assignment
