package format

import (
	"fmt"
	"slices"
	"strings"
)

// Mismatch is why bits are refused.
type Mismatch struct{ Reason string }

func (m Mismatch) Error() string { return m.Reason }

// Judge says whether all the bits written may stand for an image declared to be of a format, and the virtual size of the
// disk inside, nil when it cannot be told. strict refuses also what is of no known format while its declared one has
// marks to know it by; unless strict, such bits stay what they are, and whoever uses them must look again.
//
// As glance/location.py, ImageProxy.set_data, but for bits of a structured format declared raw, which are refused here.
func (i *Inspector) Judge(declared Format, strict bool) (virtualSize *int64, err error) {
	matches := i.Matches()
	own := slices.IndexFunc(matches, func(m Match) bool { return m.Format == declared })
	for n, m := range matches {
		// A raw disk may well have a partition table or be an ISO; a qcow2 that is one too is made to deceive.
		if n != own && (!m.Plain || own >= 0 && !matches[own].Plain) {
			return nil, contradiction(declared, matches)
		}
	}
	if own >= 0 {
		m := matches[own]
		if m.Unsafe != "" {
			return nil, Mismatch{fmt.Sprintf("Image failed safety checks: %s", m.Unsafe)}
		}
		return &m.VirtualSize, nil
	}
	if structured(declared) {
		if strict || len(matches) > 0 && declared != ISO {
			return nil, contradiction(declared, matches)
		}
		return nil, nil
	}
	return &i.total, nil
}

func contradiction(declared Format, matches []Match) error {
	names := make([]string, len(matches))
	for n, m := range matches {
		names[n] = string(m.Format)
	}
	names = slices.Compact(names)
	switch len(names) {
	case 0:
		names = []string{string(Raw)}
	case 1:
	default:
		return Mismatch{"Multiple formats detected: " + strings.Join(names, ",")}
	}
	return Mismatch{fmt.Sprintf("Image disk_format %s does not match stream data %s", declared, strings.Join(names, ","))}
}
