package messaging_test

import (
	"testing"

	"go.uber.org/goleak"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/messagingtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryKeepsTheContract(t *testing.T) {
	messagingtest.Run(t, func(*testing.T) messagingtest.Broker {
		memory := messaging.NewMemory()
		return messagingtest.Broker{Open: func(*testing.T) messaging.Transport { return memory }}
	})
}

func BenchmarkMemory(b *testing.B) { messagingtest.Bench(b, messaging.NewMemory()) }
