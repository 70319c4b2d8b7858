// Package metadata tells guests who they are: over HTTP at 169.254.169.254, in the forms of EC2 and OpenStack, and in the
// files of a config drive. Both are made here from one server's record; the package knows nouns only, so that a host
// without a database can make config drives.
//
//	guest → neutron's metadata agent (signs which guest asks) → Service → Content
package metadata
