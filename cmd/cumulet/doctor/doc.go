// Package doctor compares what the services have recorded with what is there: guests, devices and namespaces on hosts, claims
// in placement, ports, floating addresses, files of images. It decides only what belongs to what; who asks the APIs and looks
// at the hosts is cmd/cumulet. It mends nothing: what mends is each service's own reconciler.
package doctor
