// Package network is nova's side of neutron: it checks what a creation asks of the network, makes and binds ports for
// servers, and reads back what their guests must know. It keeps nothing itself.
package network
