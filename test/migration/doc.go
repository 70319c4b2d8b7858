// Package migration brings each service's database, on each engine, from each earlier version of its tables to the newest, and
// compares it with one made from nothing. What a migration does to rows is tested where the rows are.
package migration
