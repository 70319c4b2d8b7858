package host

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"
)

// total is the sum that a receiver makes: all ones when the checksum in b is right.
func total(b []byte) uint16 {
	var t uint64
	for i, octet := range b {
		if i%2 == 0 {
			t += uint64(octet) << 8
		} else {
			t += uint64(octet)
		}
	}
	for t>>16 != 0 {
		t = t>>16 + t&0xffff
	}
	return uint16(t)
}

func TestFrameHasBothChecksums(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{"", "odd", "even", "a longer payload that carries over, \xff\xff\xff\xff"} {
		d := Datagram{
			SourceMAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, DestinationMAC: net.HardwareAddr{2, 0, 0, 0, 0, 2},
			Source: netip.MustParseAddrPort("10.0.0.2:67"), Destination: netip.MustParseAddrPort("255.255.255.255:68"),
			Payload: []byte(payload),
		}
		f := d.Frame()
		ip, udp := f[14:34], f[34:]
		if total(ip) != 0xffff {
			t.Errorf("%q: wrong checksum of IP", payload)
		}
		pseudo := append(append([]byte{}, ip[12:20]...), 0, 17)
		pseudo = binary.BigEndian.AppendUint16(pseudo, uint16(len(udp)))
		if total(append(pseudo, udp...)) != 0xffff {
			t.Errorf("%q: wrong checksum of UDP", payload)
		}
		if string(f[42:]) != payload || int(binary.BigEndian.Uint16(ip[2:])) != len(f)-14 {
			t.Errorf("%q: frame %x", payload, f)
		}
	}
}
