// Package token makes and reads Fernet tokens: claims in upstream's payload formats, packed by msgpack and sealed by keystone/fernet.
// It says whether a token is one of ours and what it claims; whether it is still good is keystone/auth's to find out.
package token
