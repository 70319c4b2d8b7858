package db

import (
	"database/sql/driver"
	"strconv"
	"strings"
)

// mostLifted bounds the parameters of a statement: what has more writes or names many things, and does not come again.
const mostLifted = 200

// lift takes the literals out of a statement: strings and numbers become parameters in the text, and their values its arguments, so
// that statements which differ in their values alone have one text. ok is false where that is not sure to mean the same; then the
// statement is to be run as it stands.
//
// It reads as SQLite's own tokenizer does (sqlite3.c, sqlite3GetToken) what bun writes, and gives up at all else.
func lift(query string) (text string, args []driver.NamedValue, ok bool) {
	l := lifter{query: query}
	l.text.Grow(len(query))
	for l.at < len(query) {
		if !l.token() || len(l.args) > mostLifted {
			return "", nil, false
		}
	}
	l.text.WriteString(query[l.copied:])
	return l.text.String(), l.args, true
}

type lifter struct {
	query      string
	at, copied int // what is read, and what of it stands in text
	text       strings.Builder
	args       []driver.NamedValue
	word       string // the last name or keyword, where nothing but spaces came after it
}

// token reads one token; false means to give up.
func (l *lifter) token() bool {
	c := l.query[l.at]
	switch {
	case c == '\'':
		return l.stringLiteral()
	case c == '"' || c == '`': // a quoted name; a doubled quote within is read as two names in a row
		end := strings.IndexByte(l.query[l.at+1:], c)
		l.at += end + 2
		l.word = ""
		return end >= 0
	case isDigit(c):
		return l.number()
	case isName(c):
		return l.name()
	case c == '?' || c == ':' || c == '@' || c == '#' || c == '$' || c == '[' || c == ';' || c == 0: // parameters, and what bun does not write
		return false
	case (c == '-' || c == '/') && l.at+1 < len(l.query) && (l.query[l.at+1] == '-' || l.query[l.at+1] == '*' || l.query[l.at+1] == '>'):
		return false // comments; paths into JSON
	case c == '.' && l.at+1 < len(l.query) && isDigit(l.query[l.at+1]):
		return false
	case c != ' ':
		l.word = ""
	}
	l.at++
	return true
}

func (l *lifter) name() bool {
	start := l.at
	for l.at < len(l.query) && (isName(l.query[l.at]) || isDigit(l.query[l.at])) {
		l.at++
	}
	l.word = l.query[start:l.at]
	return l.at == len(l.query) || l.query[l.at] != '\'' // X'00', or none of ours
}

// stringLiteral reads 'one', in which ” is an apostrophe.
func (l *lifter) stringLiteral() bool {
	start, doubled := l.at, false
	for i := start + 1; ; i++ {
		next := strings.IndexByte(l.query[i:], '\'')
		if next < 0 {
			return false
		}
		i += next
		if i+1 < len(l.query) && l.query[i+1] == '\'' {
			doubled = true
			i++
			continue
		}
		value := l.query[start+1 : i]
		if doubled {
			value = strings.ReplaceAll(value, "''", "'")
		}
		if strings.EqualFold(l.word, "AS") { // a name in quotes
			return false
		}
		l.put(start, i+1, value)
		return true
	}
}

// number reads a number; those that are columns' places or belong to a name of a type are none to lift.
func (l *lifter) number() bool {
	if strings.EqualFold(l.word, "BY") {
		return false
	}
	start, whole := l.at, true
	for l.at < len(l.query) {
		c := l.query[l.at]
		exponent := l.at > start && (l.query[l.at-1] == 'e' || l.query[l.at-1] == 'E')
		if !isDigit(c) && c != '.' && c != 'e' && c != 'E' && !(exponent && (c == '-' || c == '+')) {
			break
		}
		whole = whole && isDigit(c)
		l.at++
	}
	if l.at < len(l.query) && (isName(l.query[l.at]) || l.query[l.at] == '\'') {
		return false
	}
	written := l.query[start:l.at]
	if whole {
		n, err := strconv.ParseInt(written, 10, 64)
		if err == nil {
			l.put(start, l.at, n)
		}
		return err == nil
	}
	f, err := strconv.ParseFloat(written, 64)
	if err == nil {
		l.put(start, l.at, f)
	}
	return err == nil
}

// put has a parameter stand for a part of the query.
func (l *lifter) put(start, end int, value driver.Value) {
	l.text.WriteString(l.query[l.copied:start])
	l.text.WriteByte('?')
	l.args = append(l.args, driver.NamedValue{Ordinal: len(l.args) + 1, Value: value})
	l.at, l.copied, l.word = end, end, ""
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isName(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 }
