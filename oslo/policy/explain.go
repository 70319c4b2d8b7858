package policy

import "fmt"

// Line is one check that a rule is made of, as Explain found it.
type Line struct {
	Depth int    // 0 for the rule itself
	Check string // in the rule language; "all of", "any of" and "not" stand above their parts
	Holds bool
	Why   string // what was compared; "" for what only gathers its parts
}

// Explain asks every check of a rule, also those that Check needs not ask, in the order of reading.
func (e *Enforcer) Explain(rule string, who Who, target Target) []Line {
	x := &explanation{evaluation: evaluation{rules: e.inForce.Load().rules, who: who, target: target}}
	x.explain(ruleCheck(rule), 0)
	return x.lines
}

type explanation struct {
	evaluation
	lines []Line
}

func (x *explanation) explain(c check, depth int) {
	line := Line{Depth: depth, Holds: c.fails(x.evaluation) == ""}
	below := parts(c)
	switch c := c.(type) {
	case ruleCheck:
		line.Check = "rule:" + string(c)
		if of, ok := x.rules[string(c)]; ok {
			below = []check{of}
		} else {
			line.Why = "there is no such rule"
		}
	case and:
		line.Check = "all of"
	case or:
		line.Check = "any of"
	case not:
		line.Check = "not"
	case always:
		line.Check, line.Why = "@", "everybody may"
	case never:
		line.Check, line.Why = "!", c.fails(x.evaluation)
	case roleCheck:
		line.Check, line.Why = "role:"+string(c), fmt.Sprintf("the caller's roles are %v", x.who.Roles)
	case compare:
		line.Check, line.Why = c.kind+":"+c.match, x.compared(c)
	}
	x.lines = append(x.lines, line)
	for _, part := range below {
		x.explain(part, depth+1)
	}
}

// compared says what stood on either side.
func (x *explanation) compared(c compare) string {
	want, there := x.interpolate(c.match)
	if !there {
		return fmt.Sprintf("the target has no %s", c.match)
	}
	have, known := x.fact(c.kind)
	if !known {
		have, known = quoted(c.kind)
	}
	if !known {
		return fmt.Sprintf("there is no %s", c.kind)
	}
	return fmt.Sprintf("%q is compared with %q", have, want)
}
