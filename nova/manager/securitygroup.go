package manager

import (
	"context"

	"cumulet/nova"
	"cumulet/oslo/policy"
)

// SecurityGroups shows the groups of a server's ports.
func (m *Manager) SecurityGroups(ctx context.Context, who policy.Who, s nova.Server) ([]nova.SecurityGroup, error) {
	var ids []string
	for _, vif := range s.Network {
		ids = append(ids, vif.GroupIDs...)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return m.Networks.SecurityGroups(ctx, who, ids)
}
