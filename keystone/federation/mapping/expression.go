package mapping

import (
	"fmt"
	"regexp"
	"time"

	"github.com/dlclark/regexp2"
)

// expression is a regular expression as Python's re.search uses it.
type expression struct {
	plain  *regexp.Regexp  // where Go's own, whose time grows with the text only, understands it
	looked *regexp2.Regexp // else: it looks ahead, or back
}

// longest bounds what an expression that may take long is given.
const longest = 100 * time.Millisecond

func compile(text string) (expression, error) {
	plain, err := regexp.Compile(text)
	if err == nil {
		return expression{plain: plain}, nil
	}
	looked, otherErr := regexp2.Compile(text, regexp2.None)
	if otherErr != nil {
		return expression{}, fmt.Errorf("%.255q is no regular expression: %w", text, err)
	}
	looked.MatchTimeout = longest
	return expression{looked: looked}, nil
}

// finds tells whether the expression is somewhere in a text; where that takes too long, it is not.
func (e expression) finds(text string) bool {
	if e.plain != nil {
		return e.plain.MatchString(text)
	}
	found, err := e.looked.MatchString(text)
	return found && err == nil
}
