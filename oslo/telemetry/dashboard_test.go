package telemetry_test

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"cumulet/oslo/telemetry"
)

// named gives the names of all metrics that a process may show, a histogram's three included.
func named(t *testing.T, m *telemetry.Metrics) map[string]bool {
	t.Helper()
	descriptions := make(chan *prometheus.Desc)
	go func() {
		m.Describe(descriptions)
		close(descriptions)
	}()
	names := map[string]bool{}
	form := regexp.MustCompile(`fqName: "([^"]+)"`)
	for d := range descriptions {
		found := form.FindStringSubmatch(d.String())
		if found == nil {
			t.Fatalf("what is the name of %s", d)
		}
		name := found[1]
		names[name] = true
		if strings.HasSuffix(name, "_seconds") {
			names[name+"_bucket"], names[name+"_sum"], names[name+"_count"] = true, true, true
		}
	}
	return names
}

// TestDashboardUsesMetricsThatAre reads deploy/grafana: each name in an expression is a metric, or a word or a label of PromQL.
func TestDashboardUsesMetricsThatAre(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../deploy/grafana/cumulet.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Type, Title string
			Targets     []struct{ Expr string }
		}
		Templating struct {
			List []struct{ Query any }
		}
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	names := named(t, telemetry.NewMetrics())
	metric := regexp.MustCompile(`\b(cumulet|go|process)_[a-z0-9_]+`)
	used := map[string]bool{}
	check := func(title, expression string) {
		found := metric.FindAllString(expression, -1)
		if len(found) == 0 {
			t.Errorf("%s asks for no metric: %s", title, expression)
		}
		for _, name := range found {
			used[name] = true
			if !names[name] {
				t.Errorf("%s: there is no metric %s", title, name)
			}
		}
	}
	for _, p := range dashboard.Panels {
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			check(p.Title, target.Expr)
		}
	}
	for name := range names { // and each of ours is looked at somewhere
		whole := strings.HasPrefix(name, "cumulet_") && !regexp.MustCompile(`_(bucket|sum|count)$`).MatchString(name)
		if whole && !used[name] && !used[name+"_count"] && !used[name+"_bucket"] {
			t.Errorf("no panel shows %s", name)
		}
	}
}
