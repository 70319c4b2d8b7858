package tree

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"cumulet/oslo/telemetry"
)

// Drawing says how trees are drawn.
type Drawing struct {
	// Width is where lines are cut, in characters; 0: nowhere.
	Width int
	// All draws every attribute; else those that are worth a line are.
	All bool
}

// Draw writes the trees with the time of each span's begin since the first, its duration, role and host.
func (d Drawing) Draw(w io.Writer, roots []*Node) error {
	out := bufio.NewWriter(w)
	if len(roots) > 0 {
		p := &pen{Drawing: d, out: out, start: roots[0].Start, roles: rolesWidth(roots)}
		p.line("    begin      took  "+pad("where", p.roles), "what")
		for _, n := range roots {
			p.node(n, "", "")
		}
	}
	return out.Flush()
}

// pen draws one picture.
type pen struct {
	Drawing
	out   *bufio.Writer
	start time.Time
	roles int
}

// node draws a span and those under it; first begins its line, rest those below.
func (p *pen) node(n *Node, first, rest string) {
	head, notes := words(n.Span, p.All)
	where := fmt.Sprintf("%9s %9s  %s", duration(n.Start.Sub(p.start)), took(n.Span), pad(where(n.Span), p.roles))
	p.line(where, first+head)
	below := rest
	if len(n.Children) > 0 {
		below += "│ "
	} else {
		below += "  "
	}
	blank := strings.Repeat(" ", utf8.RuneCountInString(where))
	for _, note := range notes {
		p.line(blank, below+note)
	}
	for i, c := range n.Children {
		if i < len(n.Children)-1 {
			p.node(c, rest+"├ ", rest+"│ ")
		} else {
			p.node(c, rest+"└ ", rest+"  ")
		}
	}
}

func (p *pen) line(where, what string) {
	text := []rune(where + "  " + what)
	if p.Width > 0 && len(text) > p.Width {
		text = append(text[:max(p.Width-1, 0)], '…')
	}
	fmt.Fprintln(p.out, strings.TrimRight(printable(string(text)), " "))
}

// printable takes out what would move a terminal's cursor: texts may be a tenant's.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

func rolesWidth(nodes []*Node) int {
	width := 5
	for _, n := range nodes {
		width = max(width, utf8.RuneCountInString(where(n.Span)), rolesWidth(n.Children))
	}
	return min(width, 48)
}

func pad(s string, width int) string {
	if n := utf8.RuneCountInString(s); n < width {
		return s + strings.Repeat(" ", width-n)
	}
	return string([]rune(s)[:width])
}

// where is the role and the host that a span's work was done on.
func where(s telemetry.Span) string {
	process, host, _ := strings.Cut(s.Process, "@")
	role := s.Role
	if role == "" {
		role = process
	}
	if s.Host != "" {
		host = s.Host
	}
	if host == "" {
		return role
	}
	return role + "@" + host
}

func took(s telemetry.Span) string {
	if s.Running {
		return "…"
	}
	return duration(s.Took)
}

// duration writes a time as people compare it.
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + duration(-d)
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// longNote is from when on an attribute has a line of its own.
const longNote = 40

// words are a span in words: what was done, and what is to be said of it besides.
func words(s telemetry.Span, all bool) (head string, notes []string) {
	rest := maps.Clone(s.Attributes)
	if rest == nil {
		rest = map[string]string{}
	}
	take := func(key string) string {
		v := rest[key]
		delete(rest, key)
		return v
	}
	head = title(s, take)
	if n := take("sql.queries"); n != "" {
		spent, _ := time.ParseDuration(take("sql.took"))
		head += fmt.Sprintf("  · %s in SQL, %s", count(n, "query", "queries"), duration(spent))
	}
	if waited, err := time.ParseDuration(take("waited")); err == nil && waited >= time.Millisecond {
		head += "  · waited " + duration(waited)
	}
	if !all {
		for _, key := range []string{"user", "project", "owner", "topic", "host"} {
			if s.Parent != "" || key == "topic" || key == "host" || key == "owner" {
				take(key)
			}
		}
	}
	if s.Running {
		head += "  … running since " + duration(s.Took)
	}
	for _, key := range slices.Sorted(maps.Keys(rest)) {
		switch value := rest[key]; {
		case value == "":
		case len(value) >= longNote || strings.Contains(value, "; "):
			notes = append(notes, key+": "+value)
		default:
			head += "  " + key + "=" + value
		}
	}
	if s.ServiceRequestID != "" && all {
		notes = append(notes, "request here: "+s.ServiceRequestID)
	}
	if s.Error != "" {
		notes = append(notes, "failed: "+s.Error)
	}
	return head, notes
}

// title says what a span is.
func title(s telemetry.Span, take func(string) string) string {
	switch kind, rest, _ := strings.Cut(s.Name, "."); {
	case s.Attributes["path"] != "" && s.Name != "http.send":
		service, method, _ := strings.Cut(s.Name, " ")
		method, _, _ = strings.Cut(method, " ")
		text := service + " " + method + " " + take("path")
		if status := take("status"); status != "" {
			text += " → " + status
		}
		return text
	case s.Name == "http.send":
		return "send to " + take("to") + " " + take("path")
	case kind == "bus" && rest == "take":
		return "take " + take("method")
	case kind == "bus":
		return rest + " " + take("method") + " to " + take("to")
	case s.Name == "flow.do" || s.Name == "flow.undo":
		text := rest + " " + take("step")
		if tries := take("tries"); tries != "" && tries != "0" {
			text += " (failed " + tries + " times before)"
		}
		return text
	case s.Name == "db.tx":
		return "transaction of " + take("service")
	case kind == "flow":
		return "flow " + rest
	}
	return s.Name
}

func count(n, one, many string) string {
	if n == "1" {
		return n + " " + one
	}
	return n + " " + many
}
