// Package limit holds the rules of limits that other services enforce: what is registered of a resource, what projects and
// domains have instead, and how these stand to one another. It counts nothing: what is used only the services know.
package limit
