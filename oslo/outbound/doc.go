// Package outbound makes HTTP clients for addresses that somebody else chose: an image to be fetched, a URL to be called
// back. Whoever can name the address could otherwise have the cloud ask its own machines (the database, a metadata
// service, keystone by loopback) on their behalf.
//
//	client := outbound.Guard{Filter: outbound.DefaultFilter()}.Client()
//
// Two things are looked at. Filter looks at the URL as it is written, and at that of every redirect: schemes, hosts and
// ports, as upstream's import_filtering_opts. Guard looks at the address that is connected to, after the name was
// resolved and at each connection anew, so that neither a name with an inner address nor one that changes its address
// between two looks gets by.
//
// It has no part in what is asked or answered, and is not for the cloud's talk with its own services.
package outbound
