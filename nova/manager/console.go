package manager

import (
	"context"

	"cumulet/oslo/policy"
)

// ConsoleOutput reads the last lines of a guest's console; lines 0 gives all that is kept.
func (m *Manager) ConsoleOutput(ctx context.Context, who policy.Who, id string, lines int) (string, error) {
	return "", errUnderWay
}
