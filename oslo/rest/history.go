package rest

// History makes an API's microversions of what each changed, in a line, from the first one on: none is left out, and the last
// line is the newest version.
func History(service, legacy string, first Version, changes []string) *Versions {
	return &Versions{
		Service: service, Legacy: legacy, Min: first, Max: V(first.Major, first.Minor+len(changes)-1), Changes: changes,
	}
}
