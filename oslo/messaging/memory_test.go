package messaging_test

import (
	"testing"

	"go.uber.org/goleak"

	"cumulet/oslo/messaging"
	"cumulet/oslo/messaging/messagingtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemoryKeepsTheContract(t *testing.T) {
	messagingtest.Run(t, func(*testing.T) messaging.Transport { return messaging.NewMemory() })
}
