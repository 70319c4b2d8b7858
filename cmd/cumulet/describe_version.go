package main

import (
	"fmt"
	"io"

	nova "cumulet/nova/api"
	"cumulet/oslo/rest"
	placement "cumulet/placement/api"
)

func describeVersions(w io.Writer) error {
	for _, f := range []struct {
		prefix   string
		versions *rest.Versions
	}{{"/compute", nova.Versions()}, {"/placement", placement.Versions()}} {
		fmt.Fprintf(w, "\n## %s\n\nAsked for by `OpenStack-API-Version: %s %s`; without the header, %s.\n\n| | |\n|---|---|\n",
			f.prefix, f.versions.Service, f.versions.Max, f.versions.Min)
		for i, what := range f.versions.Changes {
			fmt.Fprintf(w, "| %s | %s |\n", rest.V(f.versions.Min.Major, f.versions.Min.Minor+i), what)
		}
	}
	return nil
}
