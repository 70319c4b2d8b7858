package neutron

import "math/big"

// IPAvailability is how many addresses of a network there are and are used.
type IPAvailability struct {
	Network Network
	Subnets []SubnetAvailability
	Total   *big.Int
	Used    int
}

// SubnetAvailability is how many addresses of a subnet there are and are used.
type SubnetAvailability struct {
	Subnet Subnet
	Total  *big.Int
	Used   int
}
