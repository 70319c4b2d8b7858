package password

import (
	"time"

	"github.com/dlclark/regexp2"
)

// patience bounds how long an expression that backtracks may look at one password.
const patience = 100 * time.Millisecond

// Pattern is what passwords must look like. Operators write it as Python takes it, with looks ahead that Go's own expressions have not.
type Pattern struct{ expression *regexp2.Regexp }

// NewPattern compiles an expression; the empty one takes all.
func NewPattern(expression string) (Pattern, error) {
	if expression == "" {
		return Pattern{}, nil
	}
	compiled, err := regexp2.Compile(expression, regexp2.None)
	if err != nil {
		return Pattern{}, err
	}
	compiled.MatchTimeout = patience
	return Pattern{compiled}, nil
}

// Takes tells whether a password matches from its beginning. One that takes too long to tell does not.
func (p Pattern) Takes(password string) bool {
	if p.expression == nil {
		return true
	}
	found, err := p.expression.FindStringMatch(password)
	return err == nil && found != nil && found.Index == 0
}
