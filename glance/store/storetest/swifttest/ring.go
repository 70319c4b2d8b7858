package swifttest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"os"
)

// ring writes a ring of one device, d1 behind a port of loopback. swift-ring-builder would take seconds for it, as often
// as a test starts. As swift/common/ring/ring.py, RingData.serialize_v1.
func ring(file string, port int) error {
	const power = 4 // of two, the number of partitions
	head, err := json.Marshal(map[string]any{
		"devs": []any{map[string]any{
			"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "d1", "weight": 1.0, "meta": "",
			"replication_ip": "127.0.0.1", "replication_port": port,
		}},
		"part_shift": 32 - power, "replica_count": 1, "byteorder": "little",
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte("R1NG\x00\x01"))
	binary.Write(z, binary.BigEndian, uint32(len(head)))
	z.Write(head)
	z.Write(make([]byte, 2<<power)) // each partition's device, the first
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}
