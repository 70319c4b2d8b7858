package rest

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"cumulet/oslo/fault"
)

// Version is a microversion. The zero value means none, or unbounded.
type Version struct{ Major, Minor int }

// V makes a version.
func V(major, minor int) Version { return Version{major, minor} }

// IsZero tells whether the version is none.
func (v Version) IsZero() bool { return v == Version{} }

// Compare orders versions.
func (v Version) Compare(o Version) int {
	return cmp.Or(cmp.Compare(v.Major, o.Major), cmp.Compare(v.Minor, o.Minor))
}

// AtLeast tells whether the version is major.minor or later.
func (v Version) AtLeast(major, minor int) bool { return v.Compare(V(major, minor)) >= 0 }

func (v Version) String() string { return fmt.Sprintf("%d.%d", v.Major, v.Minor) }

// within tells whether v lies in the window; a zero bound is open.
func (v Version) within(low, high Version) bool {
	return (low.IsZero() || v.Compare(low) >= 0) && (high.IsZero() || v.Compare(high) <= 0)
}

// Versions is how an API negotiates microversions.
type Versions struct {
	// Service is the type in "OpenStack-API-Version: compute 2.1". Legacy names a header of its own, which Nova has.
	Service, Legacy string
	Min, Max        Version
	// Changes says what each version changed, from Min on.
	Changes []string
}

// Headers of microversions.
const versionHeader = "OpenStack-API-Version"

// negotiate picks the version a request asks for: Min when it asks for none.
func (vs *Versions) negotiate(h http.Header) (Version, error) {
	asked := vs.asked(h)
	switch asked {
	case "":
		return vs.Min, nil
	case "latest":
		return vs.Max, nil
	}
	major, minor, found := strings.Cut(asked, ".")
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	if !found || err1 != nil || err2 != nil || a < 1 || b < 0 || strings.TrimLeft(major, "0") != major || (minor != "0" && strings.TrimLeft(minor, "0") != minor) {
		return Version{}, fault.New(fault.Invalid, "InvalidAPIVersionString",
			"API Version String %s is of invalid format. Must be of format MajorNum.MinorNum.", asked)
	}
	v := V(a, b)
	if !v.within(vs.Min, vs.Max) {
		return Version{}, fault.New(fault.NotAcceptable, "InvalidGlobalAPIVersion",
			"Version %s is not supported by the API. Minimum is %s and maximum is %s.", asked, vs.Min, vs.Max).
			With("max_version", vs.Max.String()).With("min_version", vs.Min.String())
	}
	return v, nil
}

// asked finds the version in the headers; the last one for the service counts. As microversion_parse.get_version.
func (vs *Versions) asked(h http.Header) string {
	var found string
	for _, line := range h.Values(versionHeader) {
		for _, part := range strings.Split(line, ",") {
			if service, version, ok := strings.Cut(strings.TrimSpace(part), " "); ok && strings.EqualFold(service, vs.Service) {
				found = strings.TrimSpace(version)
			}
		}
	}
	if found == "" && vs.Legacy != "" {
		found = strings.TrimSpace(h.Get(vs.Legacy))
	}
	return found
}

// announce writes the version in force into an answer's headers.
func (vs *Versions) announce(h http.Header, v Version) {
	if v.IsZero() {
		v = vs.Min
	}
	h.Set(versionHeader, vs.Service+" "+v.String())
	h.Add("Vary", versionHeader)
	if vs.Legacy != "" {
		h.Set(vs.Legacy, v.String())
		h.Add("Vary", vs.Legacy)
	}
}
