package nova

// The topics of the bus where nova's roles listen: conductors and schedulers together, a compute on its host.
const (
	ConductorTopic = "conductor"
	SchedulerTopic = "scheduler"
	ComputeTopic   = "compute"
)
