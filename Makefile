# cumulet's two commands: `make up` gives a cloud on this machine, `make test` runs every test.
# Data lies in /var/lib/cumulet, or where CUMULET_DATA says.

GO ?= go
export CGO_ENABLED ?= 0
BIN := bin/cumulet
GUEST := bin/guest
SOURCES := $(shell find . -name '*.go' -o -name '*.sql' -o -name '*.json' -not -path './bin/*') go.mod go.sum

.PHONY: all up down wipe packages guest check test unit acceptance fuzz race bench chaos clean

all: $(BIN)

# up starts the cloud in the background and prints where everything is.
up: packages $(BIN) guest
	@$(BIN) up

# down stops it and leaves its data; wipe forgets it.
down: $(BIN)
	@$(BIN) down
wipe: $(BIN)
	@$(BIN) wipe

packages:
	@deploy/install-packages deploy/packages.txt guest/packages

$(BIN): $(SOURCES)
	@echo "Building $(BIN)"
	@$(GO) build -ldflags '-s -w' -o $(BIN) ./cmd/cumulet

guest: packages
	@guest/build $(GUEST)

# check is the quick part: format, vet, the house's rules.
check:
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo 'not formatted: run gofmt -w'; exit 1; }
	@$(GO) vet ./...
	@$(GO) test -count=1 ./test/architecture/...

unit:
	@test/run-unit

acceptance: packages $(BIN) guest
	@test/run-acceptance

# test runs everything, in an order that fails fast.
test: packages check $(BIN) guest unit acceptance

# fuzz lets every fuzzer run for FUZZTIME (10s); FUZZ picks some: make fuzz FUZZTIME=1h FUZZ=oslo/format
fuzz:
	@test/run-fuzz

# race runs the tests, and a cloud under load and under attack, with the race detector. It needs a C compiler and half an hour.
race: packages $(BIN)
	@deploy/install-packages test/packages.txt
	@test/run-race

# bench measures clouds with fake and real drivers beside what is done by hand, and writes docs/benchmarks.md.
bench: packages $(BIN) guest
	@deploy/install-packages test/packages.txt
	@$(GO) run ./bench -cumulet $(BIN) -write docs/benchmarks.md

# chaos kills the cloud at every boundary of the operations that matter, and keeps a table of what came of it. It takes hours;
# CHAOS_TIME=30m bounds it, and the next time it goes on where it ended.
chaos: packages guest
	@mkdir -p build
	@CHAOS=all CHAOS_GUEST=$(CURDIR)/$(GUEST)/cumulet-guest.qcow2 CHAOS_TABLE=$(CURDIR)/build/chaos.table $(GO) test -count=1 -timeout 0 -v ./test/chaos; \
	  status=$$?; echo "Outcomes, in build/chaos.table:"; sed 's/.* => //; s/FAILED.*/FAILED/' build/chaos.table | sort | uniq -c; exit $$status

clean:
	rm -rf bin build
