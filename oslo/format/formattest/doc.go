// Package formattest builds images for tests: the smallest sound one of each format, which QEMU opens too, and the corpus of
// hostile ones, each with what must come of it. Whoever takes, keeps or opens images tries the whole corpus.
package formattest
