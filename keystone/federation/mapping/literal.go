package mapping

import "strings"

// literal reads a list of texts as an operator may write it in a rule, as Python does: ['a', "b"]. It is asked for what stands in the rule,
// and never for a value that was put in.
func literal(text string) ([]string, bool) {
	inner, open := strings.CutPrefix(strings.TrimSpace(text), "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !open || !closed {
		return nil, false
	}
	list := []string{}
	for rest := strings.TrimSpace(inner); rest != ""; {
		quote := rest[0]
		if quote != '\'' && quote != '"' {
			return nil, false
		}
		end := strings.IndexByte(rest[1:], quote)
		if end < 0 {
			return nil, false
		}
		list = append(list, rest[1:end+1])
		rest = strings.TrimSpace(rest[end+2:])
		if rest == "" {
			break
		}
		after, comma := strings.CutPrefix(rest, ",")
		if !comma {
			return nil, false
		}
		rest = strings.TrimSpace(after)
	}
	return list, true
}
