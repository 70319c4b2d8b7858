// Package config fills a tree of structs, which hold their defaults, from one YAML file and the environment. Every option
// is a field:
//
//	type Compute struct {
//		VirtType string        `conf:"virt_type" doc:"The hypervisor: auto, kvm or qemu."`
//		Poll     time.Duration `conf:"poll" doc:"How often power states are read."`
//		Password config.Secret `conf:"password" doc:"..."`
//	}
//
// in a struct of sections; the option is nova.compute.virt_type in words, virt_type under nova and compute in the file, and
// CUMULET_NOVA_COMPUTE_VIRT_TYPE in the environment. Options are text, numbers, true or false, durations (30s), sizes
// (10GiB), whatever reads itself from text, lists (in the environment parted by commas) and maps of these, and lists of structs.
//
// It knows no option by name, and reads nothing but what it is given: the caller names file and environment.
package config
