package placement

import "time"

// Consumer is what resources are claimed for: a server, a migration.
type Consumer struct {
	ID         string    `json:"uuid"`
	Generation int       `json:"generation"`
	ProjectID  string    `json:"project_id"`
	UserID     string    `json:"user_id"`
	Type       string    `json:"consumer_type"` // "" where no one told
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// Identity names the consumer in its events.
func (c Consumer) Identity() (id, projectID string) { return c.ID, c.ProjectID }

// Allocation is an amount of one class claimed of one provider for one consumer.
type Allocation struct {
	ProviderID    string    `json:"resource_provider"`
	ConsumerID    string    `json:"consumer"`
	ResourceClass string    `json:"resource_class"`
	Used          int       `json:"used"`
	CreatedAt     time.Time `json:"created_at"`
}

// Claim says what one consumer shall have from now on, in place of all it had. Without allocations it gives everything back.
type Claim struct {
	ConsumerID string
	ProjectID  string // "" in requests older than 1.8
	UserID     string
	Type       string // "" in requests older than 1.38: the type stays
	// Generation is the consumer's as the caller knows it, nil for one that must be new. It counts where CheckGeneration
	// says so (1.28).
	Generation      *int
	CheckGeneration bool
	Allocations     map[string]map[string]int // by provider, by class
}

// Unknown owners and type of consumers that old requests do not tell.
const (
	UnknownProject      = "00000000-0000-0000-0000-000000000000"
	UnknownUser         = "00000000-0000-0000-0000-000000000000"
	UnknownConsumerType = "unknown"
)
