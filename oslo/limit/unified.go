package limit

import (
	"fmt"
	"math"
	"strings"
)

// Limits are a project's, by resource, as keystone keeps them. What is not among them may not be had at all: its limit is zero.
type Limits map[string]int

// Claims are what a project would have of resources. Otherwise than for Admit, one that asks for nothing more is over its limit
// when the project has too much already.
type Claims []Request

// Enforce sets the limits of claims and gives those that do not fit. Any negative limit admits all. As oslo_limit/limit.py,
// _EnforcerUtils.enforce_limits.
func (l Limits) Enforce(claims ...Request) Claims {
	var over Claims
	for _, c := range claims {
		if c.Limit = l[c.Resource]; c.Limit < 0 {
			continue
		}
		if c.Delta > 0 && c.Used > math.MaxInt-c.Delta || c.Used+c.Delta > c.Limit {
			over = append(over, c)
		}
	}
	return over
}

// Over words claims that do not fit, as oslo_limit/exception.py, ProjectOverLimit.
func (c Claims) Over(projectID string) string {
	each := make([]string, len(c))
	for n, r := range c {
		each[n] = fmt.Sprintf("Resource %s is over limit of %d due to current usage %d and delta %d", r.Resource, r.Limit, r.Used, r.Delta)
	}
	if projectID == "" {
		projectID = "None"
	}
	return fmt.Sprintf("Project %s is over a limit for [%s]", projectID, strings.Join(each, ", "))
}
