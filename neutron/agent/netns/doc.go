// Package netns makes, enters and removes named network namespaces, those that `ip netns` lists.
//
// The empty name is the namespace that the process was started in. Work inside a namespace is done on an operating system
// thread of its own (Do); sockets opened there stay in it, whatever thread uses them later. It knows nothing of networks.
package netns
