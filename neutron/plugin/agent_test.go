package plugin

import (
	"testing"
	"time"

	"cumulet/neutron"
)

func TestAgentIsDownWithinAMinuteAndNotUpByAReportOfTheFuture(t *testing.T) {
	t.Parallel()
	p := newPlugin(t)
	for silence, alive := range map[time.Duration]bool{
		0: true, 50 * time.Second: true, time.Minute: false, -time.Second: true, -time.Hour: false,
	} {
		if got := p.alive(neutron.Agent{HeartbeatAt: p.DB.Now().Add(-silence)}); got != alive {
			t.Errorf("after %s it is alive: %t", silence, got)
		}
	}
}
