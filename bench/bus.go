package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
)

// rate is what a transport carries in a second.
type rate struct {
	transport          string
	call, calls, casts float64
}

// transports are the benchmarks of oslo/messaging/messagingtest, by what they measure.
func transports() map[string]string {
	return map[string]string{
		"BenchmarkMemory": "memory", "BenchmarkEmbeddedInMemory": "NATS, embedded, in memory",
		"BenchmarkEmbeddedWithFiles": "NATS, embedded, on disk", "BenchmarkServerElsewhere": "NATS, a server of its own",
		"BenchmarkRabbitMQ": "RabbitMQ",
	}
}

// busRates runs them and reads what they print. A broker that the machine lacks is left out.
func busRates(ctx context.Context) ([]rate, error) {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchtime", "1s", "-p", "1",
		"./oslo/messaging", "./oslo/messaging/nats", "./oslo/messaging/rabbitmq")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("benchmarks of the bus: %w: %s", err, out)
	}
	var rates []rate
	for line := range strings.Lines(string(out)) {
		name, number, ok := measured(line)
		if !ok {
			continue
		}
		broker, what, _ := strings.Cut(name, "/")
		known := transports()[broker]
		if known == "" {
			continue
		}
		if len(rates) == 0 || rates[len(rates)-1].transport != known {
			rates = append(rates, rate{transport: known})
		}
		last := &rates[len(rates)-1]
		switch what {
		case "Call":
			last.call = number
		case "Calls32":
			last.calls = number
		case "Casts32":
			last.casts = number
		}
	}
	return rates, nil
}

// measured reads a benchmark's line: its name without the number of processors, and its figure a second.
func measured(line string) (name string, number float64, ok bool) {
	fields := strings.Fields(line)
	if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
		return "", 0, false
	}
	for i, f := range fields {
		if strings.HasSuffix(f, "/s") && i > 0 {
			number, err := strconv.ParseFloat(fields[i-1], 64)
			at := bytes.LastIndexByte([]byte(fields[0]), '-')
			if at < 0 {
				at = len(fields[0])
			}
			return fields[0][:at], number, err == nil
		}
	}
	return "", 0, false
}
