// Package configdrive writes a config drive: an ISO 9660 image with Joliet names and the label "config-2", in which a
// guest without a metadata service finds what it is to be. What lies in it is the caller's affair.
package configdrive
