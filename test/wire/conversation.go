package wire

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// exchange is one question and the answer that is promised.
type exchange struct {
	claim, who, method, path string
	line                     int
	until                    time.Duration // how long the answer may take to become the promised one
	headers                  map[string]string
	body                     string
	status                   int
	wantHeaders              map[string]string
	wantBody                 string
}

// parse reads a file of exchanges.
func parse(r io.Reader) ([]exchange, error) {
	var all []exchange
	var e *exchange
	answer := false
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		claim, begins := strings.CutPrefix(line, "### ")
		if begins {
			all = append(all, exchange{claim: claim, line: n, who: "admin", headers: map[string]string{}, wantHeaders: map[string]string{}})
			e, answer = &all[len(all)-1], false
			continue
		}
		if e == nil {
			continue // the file's own introduction
		}
		if status, ok := strings.CutPrefix(line, "=> "); ok {
			code, err := strconv.Atoi(strings.TrimSpace(status))
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", n, err)
			}
			e.status, answer = code, true
			continue
		}
		if err := e.take(line, answer); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	for _, e := range all {
		if e.method == "" || e.status == 0 {
			return nil, fmt.Errorf("line %d: %q lacks its request or its answer", e.line, e.claim)
		}
	}
	return all, lines.Err()
}

// take adds a line to the question or the answer.
func (e *exchange) take(line string, answer bool) (err error) {
	headers, body := e.headers, &e.body
	if answer {
		headers, body = e.wantHeaders, &e.wantBody
	}
	name, value, isHeader := strings.Cut(line, ": ")
	isHeader = isHeader && !strings.ContainsAny(name, " <~")
	begun := e.method != "" || answer
	switch {
	case *body != "" || strings.HasPrefix(line, "{") || strings.HasPrefix(line, "["):
		*body += line + "\n"
	case strings.HasPrefix(line, "as ") && !begun:
		e.who = strings.TrimPrefix(line, "as ")
	case strings.HasPrefix(line, "until ") && !begun:
		e.until, err = time.ParseDuration(strings.TrimPrefix(line, "until "))
	case isHeader:
		headers[name] = value
	case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
	case !answer && e.method == "":
		e.method, e.path, _ = strings.Cut(line, " ")
	default:
		*body += line + "\n"
	}
	return err
}

// expand puts caught values in the place of {name}.
func expand(s string, caught map[string]any) string {
	for name, value := range caught {
		s = strings.ReplaceAll(s, "{"+name+"}", fmt.Sprint(value))
	}
	return s
}

// match holds a decoded body against the promised one and catches values. It gives the first difference, or "".
func match(want string, got []byte, caught map[string]any) string {
	want = strings.TrimSpace(want)
	if want == "" {
		return ""
	}
	var pattern, value any
	if err := json.Unmarshal([]byte(want), &pattern); err != nil {
		if strings.HasPrefix(want, "~") {
			return compareText("", want, string(got), caught)
		}
		if words := expand(want, caught); !strings.Contains(string(got), words) {
			return fmt.Sprintf("does not contain %q", words)
		}
		return "" // text that is no JSON must contain the words
	}
	if err := json.Unmarshal(got, &value); err != nil {
		return fmt.Sprintf("is not JSON: %v", err)
	}
	return compare("", pattern, value, caught)
}
