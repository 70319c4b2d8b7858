package db

import (
	"testing"

	"cumulet/test/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
