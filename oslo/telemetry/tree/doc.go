// Package tree joins the spans of one request, from many processes, into the tree of its work, and draws it. It asks nobody for
// spans: package collect does.
package tree
