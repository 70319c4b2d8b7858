package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"cumulet/neutron/agent/netns"
)

// Connection is one that the kernel tracks, as its first packet made it.
type Connection struct {
	Source, Destination         netip.Addr
	Protocol                    uint8
	SourcePort, DestinationPort uint16
	ICMPType, ICMPCode          uint8
	// ReplySource and ReplyDestination are those of the answers: they differ from the above where NAT stands between.
	ReplySource, ReplyDestination netip.Addr
	Zone                          uint16
	Mark                          uint32

	identity []syscall.NetlinkRouteAttr // what the kernel needs to find it again
}

// Attributes of a tracked connection, as linux/netfilter/nfnetlink_conntrack.h. The netlink library reads them, but loses
// the zone when it writes.
const (
	attrOriginal, attrReply, attrMark, attrZone = 1, 2, 8, 18
	attrAddresses, attrProtocol                 = 1, 2
	attrSource4, attrDestination4               = 1, 2
	attrSource6, attrDestination6               = 3, 4
	attrNumber, attrSourcePort, attrDestPort    = 1, 2, 3
	attrICMPType, attrICMPCode                  = 5, 6
	attrICMP6Type, attrICMP6Code                = 8, 9

	messageNew, messageGet, messageDelete = 0, 1, 2
)

// Connections lists the tracked connections of the namespace that pass keep, and hands each to act with the means to change
// it; act runs inside the namespace.
func Connections(namespace string, act func(Connection) error) error {
	return netns.Do(namespace, func() error {
		var errs []error
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			messages, err := List(func() ([][]byte, error) {
				return tracking(messageGet, family, unix.NLM_F_DUMP).Execute(unix.NETLINK_NETFILTER, 0)
			})
			if err != nil {
				return fmt.Errorf("list tracked connections: %w", err)
			}
			for _, m := range messages {
				c, err := parseConnection(m)
				if err == nil {
					err = act(c)
				}
				errs = append(errs, err)
			}
		}
		return errors.Join(errs...)
	})
}

// SetMark sets the connection's mark; one that has ended meanwhile is no error. Only within Connections.
func (c Connection) SetMark(mark uint32) error {
	r := tracking(messageNew, c.family(), unix.NLM_F_ACK)
	for _, a := range c.identity {
		r.AddData(nl.NewRtAttr(int(a.Attr.Type), a.Value))
	}
	r.AddData(nl.NewRtAttr(attrMark, nl.BEUint32Attr(mark)))
	return ended(r.Execute(unix.NETLINK_NETFILTER, 0))
}

// Delete forgets the connection. Only within Connections.
func (c Connection) Delete() error {
	r := tracking(messageDelete, c.family(), unix.NLM_F_ACK)
	for _, a := range c.identity {
		r.AddData(nl.NewRtAttr(int(a.Attr.Type), a.Value))
	}
	return ended(r.Execute(unix.NETLINK_NETFILTER, 0))
}

func ended(_ [][]byte, err error) error {
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

func (c Connection) family() uint8 {
	if c.Source.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

func tracking(operation int, family uint8, flags int) *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(unix.NFNL_SUBSYS_CTNETLINK<<8|operation, flags)
	r.AddData(&nl.Nfgenmsg{NfgenFamily: family, Version: nl.NFNETLINK_V0})
	return r
}

func parseConnection(message []byte) (Connection, error) {
	var c Connection
	attrs, err := nl.ParseRouteAttr(message[nl.SizeofNfgenmsg:])
	if err != nil {
		return c, fmt.Errorf("read tracked connection: %w", err)
	}
	for _, a := range attrs {
		switch a.Attr.Type & nl.NLA_TYPE_MASK {
		case attrOriginal:
			err = c.readOriginal(a.Value)
			c.identity = append(c.identity, a)
		case attrReply:
			var reply Connection
			err = reply.readOriginal(a.Value)
			c.ReplySource, c.ReplyDestination = reply.Source, reply.Destination
		case attrZone:
			c.Zone = binary.BigEndian.Uint16(a.Value)
			c.identity = append(c.identity, a)
		case attrMark:
			c.Mark = binary.BigEndian.Uint32(a.Value)
		}
		if err != nil {
			return c, fmt.Errorf("read tracked connection: %w", err)
		}
	}
	return c, nil
}

func (c *Connection) readOriginal(tuple []byte) error {
	parts, err := nl.ParseRouteAttr(tuple)
	if err != nil {
		return err
	}
	for _, part := range parts {
		attrs, err := nl.ParseRouteAttr(part.Value)
		if err != nil {
			return err
		}
		for _, a := range attrs {
			switch part.Attr.Type & nl.NLA_TYPE_MASK {
			case attrAddresses:
				c.readAddress(a)
			case attrProtocol:
				c.readProtocol(a)
			}
		}
	}
	return nil
}

func (c *Connection) readAddress(a syscall.NetlinkRouteAttr) {
	address, _ := netip.AddrFromSlice(a.Value)
	switch a.Attr.Type {
	case attrSource4, attrSource6:
		c.Source = address
	case attrDestination4, attrDestination6:
		c.Destination = address
	}
}

func (c *Connection) readProtocol(a syscall.NetlinkRouteAttr) {
	switch a.Attr.Type {
	case attrNumber:
		c.Protocol = a.Value[0]
	case attrSourcePort:
		c.SourcePort = binary.BigEndian.Uint16(a.Value)
	case attrDestPort:
		c.DestinationPort = binary.BigEndian.Uint16(a.Value)
	case attrICMPType, attrICMP6Type:
		c.ICMPType = a.Value[0]
	case attrICMPCode, attrICMP6Code:
		c.ICMPCode = a.Value[0]
	}
}
