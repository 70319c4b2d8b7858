package policy

import (
	"fmt"
	"strings"
)

// maxRule bounds a rule's text, maxNesting its parentheses.
const (
	maxRule    = 16 << 10
	maxNesting = 64
)

// parse reads a rule: checks joined by and, or, not and parentheses; "" and "@" always hold, "!" never does.
// As oslo_policy/_parser.py; "not" binds tighter than "and", which binds tighter than "or".
func parse(rule string) (check, error) {
	if len(rule) > maxRule {
		return nil, fmt.Errorf("a rule of %d bytes is too long", len(rule))
	}
	words, err := split(rule)
	if err != nil {
		return nil, err
	}
	if len(words) == 0 {
		return always{}, nil
	}
	p := parser{words: words}
	c, err := p.or()
	if err == nil && len(p.words) > 0 {
		err = fmt.Errorf("%q is not expected", p.words[0])
	}
	return c, err
}

// split parts a rule into words and parentheses. Those of "%(name)s" belong to the word.
func split(rule string) ([]string, error) {
	var words []string
	for _, field := range strings.Fields(rule) {
		for strings.HasPrefix(field, "(") {
			words, field = append(words, "("), field[1:]
		}
		closing := 0
		for strings.HasSuffix(field, ")") {
			closing, field = closing+1, field[:len(field)-1]
		}
		if field != "" {
			words = append(words, field)
		}
		for range closing {
			words = append(words, ")")
		}
	}
	return words, nil
}

type parser struct {
	words   []string
	nesting int
}

func (p *parser) peek() string {
	if len(p.words) == 0 {
		return ""
	}
	return strings.ToLower(p.words[0])
}

func (p *parser) next() string {
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *parser) or() (check, error) {
	var parts or
	for {
		c, err := p.and()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
		if p.peek() != "or" {
			break
		}
		p.next()
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return parts, nil
}

func (p *parser) and() (check, error) {
	var parts and
	for {
		c, err := p.term()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
		if p.peek() != "and" {
			break
		}
		p.next()
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return parts, nil
}

func (p *parser) term() (check, error) {
	if p.nesting++; p.nesting > maxNesting {
		return nil, fmt.Errorf("nested too deeply")
	}
	defer func() { p.nesting-- }()
	switch p.peek() {
	case "":
		return nil, fmt.Errorf("a check is missing at the end")
	case "not":
		p.next()
		c, err := p.term()
		return not{c}, err
	case "(":
		p.next()
		c, err := p.or()
		if err == nil && p.peek() != ")" {
			err = fmt.Errorf("a closing parenthesis is missing")
		}
		if err != nil {
			return nil, err
		}
		p.next()
		return c, nil
	case "and", "or", ")":
		return nil, fmt.Errorf("%q is not expected", p.words[0])
	}
	return atom(p.next())
}

// atom reads one check.
func atom(word string) (check, error) {
	switch word {
	case "@":
		return always{}, nil
	case "!":
		return never{}, nil
	}
	kind, match, found := strings.Cut(word, ":")
	if !found {
		return nil, fmt.Errorf("%q is no check: KIND:MATCH is expected", word)
	}
	switch kind {
	case "rule":
		return ruleCheck(match), nil
	case "role":
		return roleCheck(match), nil
	case "http", "https":
		return nil, fmt.Errorf("%q asks another server, which is not supported", word)
	}
	return compare{kind, match}, nil
}
