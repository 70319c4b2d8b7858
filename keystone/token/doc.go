// Package token makes and reads Fernet tokens: claims in upstream's payload formats, packed by msgpack, encrypted and
// signed with the keys of a repository that rotates. It says whether a token is one of ours and what it claims; whether it
// is still good is keystone/auth's to find out.
//
// A key repository is a folder of files named by number, one key each. 0 is the staged key: the next primary, spread to
// all machines before it is used. The highest is the primary, which makes tokens. Those between are old primaries, which
// read what they made. A rotation makes the staged key the primary, stages a new one and drops the oldest.
package token
