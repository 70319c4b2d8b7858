package placement

import (
	"math"
	"time"
)

// MaxInt is the largest amount a database column holds, and the default of MaxUnit.
const MaxInt = math.MaxInt32

// Inventory is what a provider has of one resource class.
type Inventory struct {
	ProviderID      string
	ResourceClass   string
	Total, Reserved int
	// MinUnit, MaxUnit and StepSize bound what one allocation may take.
	MinUnit, MaxUnit, StepSize int
	// AllocationRatio is how often the unreserved total may be given away.
	AllocationRatio      float64
	CreatedAt, UpdatedAt time.Time
}

// Capacity is how much may be allocated in all.
func (i Inventory) Capacity() float64 { return float64(i.Total-i.Reserved) * i.AllocationRatio }

// Takes tells whether one allocation may be of this amount.
func (i Inventory) Takes(amount int) bool {
	return amount >= i.MinUnit && amount <= i.MaxUnit && amount%i.StepSize == 0
}

// Holds tells whether the amount fits beside what is used already.
func (i Inventory) Holds(used, amount int) bool { return i.Capacity() >= float64(used)+float64(amount) }
