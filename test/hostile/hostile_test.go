package hostile

import "testing"

// TestNothingHostileBreaksOrChangesAnything lets all groups of bad requests loose on one cloud.
func TestNothingHostileBreaksOrChangesAnything(t *testing.T) {
	w := newWorld(t)
	before := w.all(t)
	t.Run("all", func(t *testing.T) { // returns when the parallel ones have ended
		for name, group := range map[string]func(*testing.T){
			"routes": w.routes, "fields": w.fields, "queries": w.queries, "bodies": w.bodies, "strangers": w.strangers,
			"tokens": w.tokens, "headers": w.headers, "images": w.images,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				group(t)
			})
		}
	})
	w.unchanged(t, before)
	for _, line := range w.Errors(t) {
		t.Errorf("%.1000s", line)
	}
}
