// Package signature holds the bits of an image against the signature that its properties tell of, with a certificate that a key
// manager has. It decides nothing about images: glance/transfer has bits verified, and refuses them.
//
// As the library cursive, which upstream uses; of its key types those with binary curves (ECC_SECT…) are not here, since Go has
// no such curves.
package signature
