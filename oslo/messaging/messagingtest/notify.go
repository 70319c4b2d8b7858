package messagingtest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"cumulet/oslo/messaging"
)

// told is the number in a notification of this suite.
type told struct {
	Number int `json:"message_id"`
}

func notice(number int) messaging.Notice {
	return messaging.Notice{RawMessage: json.RawMessage(fmt.Sprintf(`{"message_id":%d}`, number))}
}

// collector takes the notifications of a topic, one by one.
func collector(b *messaging.Bus, topic string, take func(number int)) *messaging.Server {
	s := &messaging.Server{Bus: b, Topic: topic, Workers: 1}
	messaging.Take(s, func(_ context.Context, n messaging.Notice) error {
		var in told
		if err := json.Unmarshal(n.RawMessage, &in); err != nil {
			return err
		}
		take(in.Number)
		return nil
	})
	return s
}

// notificationsAreBounded tells more than any transport under test keeps: nobody is held back, the last are there.
func notificationsAreBounded(t *testing.T, b *messaging.Bus) {
	const events = 3000
	for i := range events {
		if err := messaging.Notify(t.Context(), b, "suite", "bounded.info", notice(i)); err != nil {
			t.Fatal(err)
		}
	}
	got, last := 0, make(chan struct{})
	stop := serve(t, collector(b, "bounded.info", func(number int) {
		if got++; number == events-1 {
			close(last)
		}
	}))
	await(t, last, "the last notification")
	stop()
	if got < 500 || got >= events {
		t.Errorf("%d of %d notifications were kept", got, events)
	}
}

// notificationsKeepOrder has two services tell on one topic: each is heard in its order.
func notificationsKeepOrder(t *testing.T, b *messaging.Bus) {
	const each = 100
	got, all := [2][]int{}, make(chan struct{})
	serve(t, collector(b, "ordered.error", func(number int) {
		got[number%2] = append(got[number%2], number)
		if len(got[0])+len(got[1]) == 2*each {
			close(all)
		}
	}))
	for i := range 2 * each {
		if err := messaging.Notify(t.Context(), b, fmt.Sprint("suite", i%2), "ordered.error", notice(i)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, all, "all notifications")
	for of, numbers := range got {
		for i, number := range numbers {
			if number != 2*i+of {
				t.Fatalf("service %d's notification %d came as number %d", of, number, i)
			}
		}
	}
}

func notifyRefusesATopicWithoutPriority(t *testing.T, b *messaging.Bus) {
	if err := messaging.Notify(t.Context(), b, "suite", "notifications", notice(0)); err == nil {
		t.Error("it was taken")
	}
}
