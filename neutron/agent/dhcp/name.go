package dhcp

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	nameTTL      = 60 // seconds
	maxForwarded = 64 // questions of all networks that wait for forwarders at once
)

// resolver hands questions on.
type resolver struct {
	forwarders []string
	places     chan struct{}
}

// ServeDNS answers for the network's names, and hands on what is none.
func (s *server) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	answer := s.view.Load().resolve(question)
	if answer == nil {
		answer = s.resolver.forward(question)
	}
	if _, datagram := w.RemoteAddr().(interface{ AddrPort() netip.AddrPort }); datagram && w.RemoteAddr().Network() == "udp" {
		size := dns.MinMsgSize
		if edns := question.IsEdns0(); edns != nil {
			size = max(size, int(edns.UDPSize()))
		}
		answer.Truncate(size)
	}
	if err := w.WriteMsg(answer); err != nil {
		s.log.Debug("DNS answer cannot be sent", "error", err)
	}
}

// resolve answers from the network's ports; nil when the name is none of its domain.
func (v *view) resolve(question *dns.Msg) *dns.Msg {
	answer := new(dns.Msg)
	answer.SetReply(question)
	if len(question.Question) != 1 || question.Opcode != dns.OpcodeQuery {
		answer.Rcode = dns.RcodeFormatError
		return answer
	}
	q := question.Question[0]
	answer.Authoritative, answer.RecursionAvailable = true, true
	if q.Qtype == dns.TypePTR {
		name, ok := v.pointers[pointed(q.Name)]
		if !ok {
			return nil
		}
		answer.Answer = append(answer.Answer, &dns.PTR{Hdr: header(q, dns.TypePTR), Ptr: name})
		return answer
	}
	name := strings.ToLower(strings.TrimSuffix(q.Name, "."))
	short, inside := strings.CutSuffix(name, "."+v.domain)
	if !inside && (strings.Contains(name, ".") || v.names[name] == nil) {
		return nil
	}
	addresses, known := v.names[short]
	if !known {
		answer.Rcode = dns.RcodeNameError
		return answer
	}
	for _, a := range addresses {
		switch {
		case q.Qtype == dns.TypeA && a.Is4():
			answer.Answer = append(answer.Answer, &dns.A{Hdr: header(q, dns.TypeA), A: a.AsSlice()})
		case q.Qtype == dns.TypeAAAA && a.Is6():
			answer.Answer = append(answer.Answer, &dns.AAAA{Hdr: header(q, dns.TypeAAAA), AAAA: a.AsSlice()})
		}
	}
	return answer
}

func header(q dns.Question, kind uint16) dns.RR_Header {
	return dns.RR_Header{Name: q.Name, Rrtype: kind, Class: dns.ClassINET, Ttl: nameTTL}
}

// pointed is the address that a name below in-addr.arpa or ip6.arpa stands for.
func pointed(name string) netip.Addr {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if labels, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		a, _ := netip.ParseAddr(strings.Join(reversed(strings.Split(labels, ".")), "."))
		return a
	}
	labels, ok := strings.CutSuffix(name, ".ip6.arpa")
	digits := strings.Join(reversed(strings.Split(labels, ".")), "")
	if !ok || len(digits) != 32 {
		return netip.Addr{}
	}
	var b strings.Builder
	for i := 0; i < 32; i += 4 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(digits[i : i+4])
	}
	a, _ := netip.ParseAddr(b.String())
	return a
}

func reversed(labels []string) []string {
	turned := make([]string, len(labels))
	for i, l := range labels {
		turned[len(labels)-1-i] = l
	}
	return turned
}

// forward asks the forwarders in turn; without any the question is refused. They are reached from where this process runs,
// not from the network.
func (r *resolver) forward(question *dns.Msg) *dns.Msg {
	refused := new(dns.Msg)
	refused.SetRcode(question, dns.RcodeRefused)
	if len(r.forwarders) == 0 {
		return refused
	}
	select {
	case r.places <- struct{}{}:
		defer func() { <-r.places }()
	default:
		return refused
	}
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	for _, to := range r.forwarders {
		client := dns.Client{Timeout: 2 * time.Second}
		if answer, _, err := client.ExchangeContext(ctx, question, to); err == nil {
			return answer
		}
	}
	refused.Rcode = dns.RcodeServerFailure
	return refused
}
