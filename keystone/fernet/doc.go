// Package fernet seals what leaves keystone's memory and must come back unchanged and unread: tokens, and credentials at rest. It
// encrypts and signs with the keys of a repository that rotates.
//
// A key repository is a folder of files named by number, one key each. 0 is the staged key: the next primary, spread to
// all machines before it is used. The highest is the primary, which seals. Those between are old primaries, which
// read what they sealed. A rotation makes the staged key the primary, stages a new one and drops the oldest.
package fernet
