// Package cloud starts a whole cumulet with fake drivers for a test, in a folder and at a port of its own, and speaks to it
// as accounts of it. It judges nothing: what an answer should be is the test's to say.
//
// The binary is bin/cumulet, or the one that CUMULET_BINARY names.
package cloud
