// Package hostile asks a cloud of fake drivers for what it must refuse: bodies that are broken, too large, too deep or of
// wrong types, names that no database likes, ids that are none or another project's, tokens that are no longer or never were
// any, images that lie. Each gets the fault that OpenStack gives; none gets a 500, and nothing is changed by any of them.
package hostile
