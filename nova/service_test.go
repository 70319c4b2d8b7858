package nova_test

import (
	"testing"
	"time"

	"cumulet/nova"
)

func TestServiceIsDownAfterAMinuteOfSilence(t *testing.T) {
	t.Parallel()
	heard := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for silence, up := range map[time.Duration]bool{0: true, 59 * time.Second: true, 61 * time.Second: false, -time.Second: true, -time.Hour: false} {
		if got := (nova.Service{LastSeen: &heard}).Up(heard.Add(silence)); got != up {
			t.Errorf("after %s it is up: %t", silence, got)
		}
	}
	if (nova.Service{}).Up(heard) || (nova.Service{LastSeen: &heard, ForcedDown: true}).Up(heard) {
		t.Error("one that was never heard, or is said to be down, is up")
	}
}
