package ipam

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net"
	"net/netip"
)

// words splits an address into its upper and lower 64 bits; IPv4 has only lower ones.
func words(a netip.Addr) (high, low uint64) {
	if a.Is4() {
		b := a.As4()
		return 0, uint64(binary.BigEndian.Uint32(b[:]))
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

// Add is the address n further on; it wraps around.
func Add(a netip.Addr, n uint64) netip.Addr {
	high, low := words(a)
	if a.Is4() {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(low+n))
		return netip.AddrFrom4(b)
	}
	low, carry := bits.Add64(low, n, 0)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], high+carry)
	binary.BigEndian.PutUint64(b[8:], low)
	return netip.AddrFrom16(b)
}

// distance is how far b lies after a, at most the greatest uint64.
func distance(a, b netip.Addr) uint64 {
	ah, al := words(a)
	bh, bl := words(b)
	low, borrow := bits.Sub64(bl, al, 0)
	if high, _ := bits.Sub64(bh, ah, borrow); high != 0 {
		return math.MaxUint64
	}
	return low
}

// Last is the last address of a prefix: IPv4's broadcast.
func Last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	a, _ := netip.AddrFromSlice(b) // a prefix's address has a length that fits
	return a
}

// EUI64 is the address that a port with the MAC makes itself in a prefix (RFC 4291, appendix A).
func EUI64(p netip.Prefix, mac string) (netip.Addr, bool) {
	hw, err := net.ParseMAC(mac)
	if err != nil || len(hw) != 6 || !p.Addr().Is6() {
		return netip.Addr{}, false
	}
	b := p.Masked().Addr().As16()
	copy(b[8:], []byte{hw[0] ^ 2, hw[1], hw[2], 0xff, 0xfe, hw[3], hw[4], hw[5]})
	return netip.AddrFrom16(b), true
}
