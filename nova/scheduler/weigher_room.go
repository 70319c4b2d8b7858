package scheduler

import "cumulet/nova"

// free is how much of a resource class a host has left, as placement counts it.
func free(h Candidate, class string) float64 { return float64(h.Capacity[class] - h.Used[class]) }

// ramWeigher likes free memory.
type ramWeigher struct{}

func (ramWeigher) Name() string                                  { return "RAMWeigher" }
func (ramWeigher) Multiplier() float64                           { return 1 }
func (ramWeigher) Weigh(_ nova.RequestSpec, h Candidate) float64 { return free(h, "MEMORY_MB") }

// cpuWeigher likes free processors.
type cpuWeigher struct{}

func (cpuWeigher) Name() string                                  { return "CPUWeigher" }
func (cpuWeigher) Multiplier() float64                           { return 1 }
func (cpuWeigher) Weigh(_ nova.RequestSpec, h Candidate) float64 { return free(h, "VCPU") }

// diskWeigher likes free disk.
type diskWeigher struct{}

func (diskWeigher) Name() string                                  { return "DiskWeigher" }
func (diskWeigher) Multiplier() float64                           { return 1 }
func (diskWeigher) Weigh(_ nova.RequestSpec, h Candidate) float64 { return free(h, "DISK_GB") }

// busyWeigher dislikes hosts that build much already.
type busyWeigher struct{}

func (busyWeigher) Name() string                                  { return "IoOpsWeigher" }
func (busyWeigher) Multiplier() float64                           { return -1 }
func (busyWeigher) Weigh(_ nova.RequestSpec, h Candidate) float64 { return float64(h.Busy) }
