// Package registry is glance-registry: the rules of what images may become and who may see them, and the role that
// answers glance-api on the bus with them. It alone has glance's database.
//
// Registry holds the rules; Server puts them on the bus; package client is the other end, for glance-api. Which of the
// operator's policies holds for a caller is glance-api's to ask; that an image one may not see does not exist, that a
// protected one is not deleted, and that quotas hold is decided here. It never touches bits: these are in stores, and
// the registry only says which of them nobody needs.
package registry
