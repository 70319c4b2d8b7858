// Package api is the Identity API v3.14 on the wire: routes, schemas, views, policy rules and the dialect, a file a noun.
// It decides nothing but who may ask; statuses and bodies are as the reference's.
package api
