package policy

import (
	"fmt"
	"strings"
	"testing"
)

func TestExplainTellsEveryCheck(t *testing.T) {
	t.Parallel()
	e, err := New([]Rule{
		{Name: "admin", Check: "role:admin"},
		{Name: "get", Check: "rule:admin or (role:reader and project_id:%(project_id)s and not user_id:%(owner)s and True:%(open)s) or !"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, l := range e.Explain("get", Who{UserID: "u", ProjectID: "p", Roles: []string{"reader"}}, Target{"project_id": "p", "open": false}) {
		mark := "-"
		if l.Holds {
			mark = "+"
		}
		told = append(told, strings.TrimSpace(fmt.Sprintf("%s%s%s %s", strings.Repeat(" ", l.Depth), mark, l.Check, l.Why)))
	}
	want := []string{
		"-rule:get", "-any of", "-rule:admin", "-role:admin the caller's roles are [reader]",
		"-all of", "+role:reader the caller's roles are [reader]", `+project_id:%(project_id)s "p" is compared with "p"`,
		"+not", "-user_id:%(owner)s the target has no %(owner)s", `-True:%(open)s "True" is compared with "False"`,
		"-! nobody may",
	}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	if l := e.Explain("other", Who{}, nil); len(l) != 1 || l[0].Holds || l[0].Why != "there is no such rule" {
		t.Errorf("%+v", l)
	}
}
