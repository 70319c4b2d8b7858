// Package inventory is nova's side of placement: computes report what they have, schedulers ask who has room and claim
// it, conductors give it back. It speaks placement's API and knows no database.
package inventory
