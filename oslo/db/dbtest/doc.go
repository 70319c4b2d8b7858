// Package dbtest holds every database engine to what oslo/db promises, and opens databases for tests.
package dbtest
