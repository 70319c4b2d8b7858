package flow_test

import (
	"context"
	"fmt"
	"testing"

	"cumulet/oslo/db"
	"cumulet/oslo/db/dbtest"
	"cumulet/oslo/flow"
)

func BenchmarkOperationOfThreeSteps(b *testing.B) {
	d, err := db.Open(b.Context(), "test", dbtest.URL(b), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	nothing := func(context.Context, *int) error { return nil }
	r := &flow.Runner{DB: d, Owner: "here", Flows: []flow.Definition{flow.Define(flow.Flow[int]{Name: "three",
		Steps: []flow.Step[int]{{Name: "a", Do: nothing}, {Name: "b", Do: nothing}, {Name: "c", Do: nothing}}})}}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	var last string
	for i := 0; b.Loop(); i++ {
		err := d.Tx(ctx, func(tx *db.Tx) (err error) {
			last, err = flow.Start(ctx, tx, "three", fmt.Sprint(i), 0)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for list := []flow.Operation{{}}; len(list) > 0; { // the last to be started need not end last
		if _, err := flow.Wait(ctx, d, last); err != nil {
			b.Fatal(err)
		}
		if list, err = flow.Operations(ctx, d, ""); err != nil {
			b.Fatal(err)
		}
		if len(list) > 0 {
			last = list[0].ID
		}
	}
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}
