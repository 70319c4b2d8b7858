package format

import "os"

// SizeOf is the size of the disk in a file, which must be sound and in the format that it is declared to be in; else the error is a
// Mismatch.
func SizeOf(file *os.File, declared Format) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	bits, err := Look(file, info.Size())
	if err != nil {
		return 0, err
	}
	size, err := bits.Judge(declared, true)
	if err != nil {
		return 0, err
	}
	return *size, nil
}
