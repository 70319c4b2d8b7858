package registry_test

import (
	"net/netip"
	"strings"
	"testing"

	"cumulet/glance"
	"cumulet/glance/db"
	"cumulet/glance/registry"
	"cumulet/glance/store"
	"cumulet/glance/store/http"
	"cumulet/oslo/flow"
	"cumulet/oslo/flow/flowtest"
	"cumulet/oslo/outbound"
)

// TestLookingAtAPlaceEndsWhateverDies runs it with every step failing and killed at every boundary: the image ends queued without
// bits, or active with bits that were looked at.
func TestLookingAtAPlaceEndsWhateverDies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	web := &http.Store{StoreName: "web", Client: outbound.Guard{Private: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}.Client()}
	w.transfer.Stores = append(w.transfer.Stores, store.Backend{Store: web, ReadOnly: true})
	flowtest.Run(t, func(t *testing.T) flowtest.World[registry.LocationState] {
		i := w.image(t, "")
		claim := glance.Claim{Location: glance.Location{Store: "web", Key: w.url}, DiskFormat: "raw", ContainerFormat: "bare"}
		task, err := w.registry.AddLocation(t.Context(), glance.AddLocation{Caller: who(), ID: i.ID, Claim: claim, Input: []byte("{}")})
		if err != nil {
			t.Fatal(err)
		}
		err = w.registry.DB.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Tx.ExecContext(t.Context(), "DELETE FROM operations")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return flowtest.World[registry.LocationState]{
			DB: w.registry.DB.DB, Flow: w.registry.LocationFlow(), State: registry.LocationStateOf(task, claim),
			Check: func(t *testing.T, ended flow.Operation) { w.checkPlace(t, task, ended.Status) },
		}
	})
}

func (w *world) checkPlace(t *testing.T, task glance.Task, ended flow.Status) {
	t.Helper()
	i, err := w.registry.DB.Image(t.Context(), task.ImageID, "")
	if err != nil {
		t.Fatal(err)
	}
	if task, err = w.registry.DB.Task(t.Context(), task.ID); err != nil {
		t.Fatal(err)
	}
	status, became, places := glance.Active, glance.TaskSuccess, 1
	// Once it has let go of the image it is done, whatever its flow makes of it.
	if ended == flow.Undone && !strings.Contains(t.Name(), `step_"settle"_fails_after`) {
		status, became, places = glance.Queued, glance.TaskFailure, 0
	}
	if i.Status != status || task.Status != became || len(i.Locations) != places || (i.HashValue == "") != (places == 0) || i.Properties[glance.ImportTaskID] != "" {
		t.Errorf("%s: %+v %+v", ended, i, task)
	}
}
