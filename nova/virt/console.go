package virt

import "bytes"

// MaxConsoleBytes bounds what ConsoleOutput returns, as nova/virt/libvirt/driver.py MAX_CONSOLE_BYTES.
const MaxConsoleBytes = 100 * 1024

// Tail is the last lines of log, counted as nova/compute/manager.py _tail_log does: split at newlines, so what follows
// a final newline is a line, if an empty one. Negative lines mean all. It never returns more than MaxConsoleBytes.
func Tail(log []byte, lines int) []byte {
	if len(log) > MaxConsoleBytes {
		log = log[len(log)-MaxConsoleBytes:]
	}
	if lines < 0 {
		return log
	}
	end := len(log)
	for ; lines > 0; lines-- {
		at := bytes.LastIndexByte(log[:end], '\n')
		if at < 0 {
			return log
		}
		if lines == 1 {
			return log[at+1:]
		}
		end = at
	}
	return nil
}
