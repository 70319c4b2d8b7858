package password

import (
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		expression, password string
		taken                bool
	}{
		{"", "", true},
		{`^(?=.*\d)(?=.*[a-zA-Z]).{7,}$`, "abc1234", true},
		{`^(?=.*\d)(?=.*[a-zA-Z]).{7,}$`, "abcdefg", false},
		{`^(?=.*\d)(?=.*[a-zA-Z]).{7,}$`, "abc123", false},
		{`[a-z]+`, "abc", true},
		{`[a-z]+`, "1abc", false}, // from the beginning, as re.match
		{`(a+)+$`, strings.Repeat("a", 40) + "!", false},
	} {
		p, err := NewPattern(x.expression)
		if err != nil || p.Takes(x.password) != x.taken {
			t.Errorf("%s of %q: %t, %v", x.expression, x.password, !x.taken, err)
		}
	}
	if _, err := NewPattern("("); err == nil {
		t.Error("what is no expression is taken for one")
	}
}
