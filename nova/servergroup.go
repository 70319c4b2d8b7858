package nova

import "time"

// ServerGroup is servers to be placed together or apart.
type ServerGroup struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	ProjectID string `json:"project_id"`
	UserID    string `json:"user_id"`
	Policy    string `json:"policy"` // affinity, anti-affinity, soft-affinity, soft-anti-affinity
	// MaxPerHost bounds members per host under anti-affinity; 0 is the rule's default, 1.
	MaxPerHost int       `json:"max_per_host"`
	Members    []string  `json:"members"` // server ids, without the deleted
	CreatedAt  time.Time `json:"created_at"`
}

// Identity makes a group's events findable.
func (g ServerGroup) Identity() (id, projectID string) { return g.ID, g.ProjectID }
