# `make help` lists what can be done. Nothing has to be installed before but Go, make and npm (Linux x64).

.SHELLFLAGS := -euc
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --always --dirty --tags 2>/dev/null || echo dev)
CONFIG ?= artery.yaml
LDFLAGS := -X main.version=$(VERSION)
COMMANDS := artery collector loader

# Test packages at a time. Each may run a NATS server or a ClickHouse engine of its own; on two cores two are enough.
P ?= 2
TIMEOUT ?= 20m

LIBCHDB := internal/embedded/libchdb
LIBCHDB_STAMP := $(LIBCHDB)/node_modules/.package-lock.json
FRONTEND := dashboards/grafanatest/testdata/frontend
FRONTEND_STAMP := $(FRONTEND)/node_modules/.package-lock.json
DRAWING := dashboards/grafanatest/testdata/drawing
DRAWING_STAMP := $(DRAWING)/node_modules/.package-lock.json
PICTURES ?= pictures
STATICCHECK := go tool -modfile=tools/go.mod staticcheck

# The start of the simulated world of `make up`, fixed once: a restarted container then shows the same history.
ORIGIN := .env

.PHONY: help
help: ## show this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

## Use

.PHONY: demo
demo: engine build ## everything on this machine, with a simulated CodeArts; Ctrl-C stops it
	bin/artery run -demo

.PHONY: run
run: need-config engine build ## everything on this machine, for the real CodeArts: make run CONFIG=artery.yaml
	bin/artery run -config "$(CONFIG)"

.PHONY: up
up: dist $(ORIGIN) ## the services in containers, with NATS, ClickHouse and Grafana (docker compose)
	docker compose up --build --detach
	@echo "Grafana: http://127.0.0.1:3000 (user admin, password in deploy/compose/secrets/grafana_password)"
	@echo "Stop: docker compose down; with --volumes the data goes too"

$(ORIGIN):
	@echo "ARTERY_SIMULATED_ORIGIN=$$(date -u +%Y-%m-%dT%H:00:00Z)" > $@

## Build

.PHONY: build
build: need-go ## bin/artery, bin/collector and bin/loader
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/ $(COMMANDS:%=./cmd/%)

.PHONY: dist
dist: need-go ## the linux/amd64 binaries that the images hold, in dist/
	CGO_ENABLED=0 GOOS=linux GOARCH=amd64 go build -trimpath -ldflags '-s -w $(LDFLAGS)' -o dist/ $(COMMANDS:%=./cmd/%)

.PHONY: engine
engine: $(LIBCHDB_STAMP) ## install the ClickHouse engine (libchdb, pinned and locked)

# npm writes this file when it has installed everything; its date says whether the lock has changed since.
$(LIBCHDB_STAMP) $(FRONTEND_STAMP) $(DRAWING_STAMP): %/node_modules/.package-lock.json: %/package-lock.json %/package.json
	@command -v npm >/dev/null || { echo "npm is missing. It installs the ClickHouse engine, and what the tests have from Grafana; install Node.js with npm 7 or later." >&2; exit 1; }
	cd $* && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

.PHONY: dashboards
dashboards: need-go ## generate the Grafana dashboards and alert rules again
	go run ./dashboards

.PHONY: clean
clean: ## remove what was built; data and the installed engine stay
	rm -rf bin dist

## Check

.PHONY: test
test: need-go engine ## all tests, with the real nats-server and the real ClickHouse engine
	go test -p $(P) -timeout $(TIMEOUT) ./...

# Of all targets together, in seconds. Input that fails is written to the package's testdata/fuzz, where every test run tries
# it again; commit it with the correction.
FUZZTIME ?= 600

.PHONY: fuzz
fuzz: need-go ## fuzz every decoder, FUZZTIME seconds in all: make fuzz FUZZTIME=600
	@targets=$$(grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r f; do \
		sed -nE "s|^func (Fuzz[A-Za-z0-9_]+)\(.*|$$(dirname "$$f") \1|p" "$$f"; done | sort); \
	each=$$(( $(FUZZTIME) / $$(echo "$$targets" | wc -l) )); [ "$$each" -gt 0 ] || each=1; \
	echo "$$targets" | while read -r package target; do \
		echo "$$package $$target: $${each}s"; \
		go test "$$package" -run '^$$' -fuzz "^$$target\$$" -fuzztime "$${each}s" -fuzzminimizetime 10x </dev/null; \
	done

# What the race detector would make long and tell nothing of: e2e starts programs that are built without it; schema and the generator of
# the dashboards start nothing that runs at once, and the race tests of loader and services call them. Packages that take long stand
# first, so that none is left alone at the end. `make lint` vets.
UNRACED := ./e2e ./internal/schema ./dashboards
LONG := ./internal/loader ./internal/pollers ./e2e/fleet

.PHONY: race
race: need-go engine ## the tests with the race detector, few cases of the long ones (needs gcc)
	@command -v $${CC:-gcc} >/dev/null || { echo "gcc is missing. The race detector needs it; make test does not." >&2; exit 1; }
	CGO_ENABLED=1 go test -race -short -vet off -p $(P) -timeout $(TIMEOUT) $(LONG) $$(go list ./... | grep -vxF "$$(go list $(UNRACED))")

# Together with `make race` it is `make test`: the packages that the detector is not for, and those of which it gets few cases.
.PHONY: whole
whole: need-go engine ## what make race leaves out, without the race detector
	go test -vet off -p $(P) -timeout $(TIMEOUT) $(UNRACED) ./internal/pollers

.PHONY: bench
bench: need-go engine ## benchmarks of loader, collector and restore; their ratios are the result, not their rates
	go test -run "^$$" -bench . -benchtime 1x -p 1 -timeout 30m ./internal/loader ./internal/stream
	go test -run "^$$" -bench . -p 1 -timeout 30m ./internal/events ./internal/codearts
	go test -run "^$$" -bench . -p 1 -timeout 30m ./internal/pollers -known-runs 20000

.PHONY: bench-memory
bench-memory: need-go ## a collector that restores a million runs: seconds, computing time, memory
	go test -run "^$$" -bench MillionRuns -benchtime 1x -timeout 60m ./internal/pollers

# Sizes and days of simulated fleets. 10,000 pipelines, two tenants of them, for 30 days: give it two cores and two hours.
FLEET ?= 100,1000
DAYS ?= 3
# Projects of each tenant; 0 is as many as are usual.
PROJECTS ?= 0

.PHONY: fleet
fleet: need-go ## watch simulated fleets for weeks on a fake clock, print a table: make fleet FLEET=100,1000,10000 DAYS=30 PROJECTS=0
	go test ./e2e/fleet -run '^TestFleet$$' -v -timeout 0 -fleet $(FLEET) -days $(DAYS) -projects $(PROJECTS)

.PHONY: bench-dashboards
bench-dashboards: need-go engine ## how long each panel takes over 90 days of a generated history: make bench-dashboards RUNS=10000000 ASKS=20
	go test ./dashboards -run 'TestScale$$' -v -count 1 -timeout 2h -scale $(RUNS) -asks $(ASKS)

RUNS ?= 10000000
ASKS ?= 20

# The first line is of what keeps one core busy: two at a time. whole and race fill two cores, each by itself.
.PHONY: check
check: ## everything that CI runs
	$(MAKE) --jobs 2 --output-sync=target lint grafanatest generated deploytest oracle
	$(MAKE) whole race

.PHONY: lint
lint: need-go ## gofmt, go vet and staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files --cached --others --exclude-standard '*.go')); \
		test -z "$$unformatted" || { echo "gofmt these files:" >&2; echo "$$unformatted" >&2; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...
	cd deploy/deploytest && go vet ./...
	cd internal/codearts/oracle && go vet ./... && go tool -modfile=../../../tools/go.mod staticcheck ./...
	cd dashboards/grafanatest && go vet ./... && go tool -modfile=../../tools/go.mod staticcheck ./...

.PHONY: generated
generated: need-go ## fail if the dashboards and alert rules in the tree are not those that their source gives
	@fresh=$$(mktemp -d); trap 'rm -rf "$$fresh"' EXIT; \
		go run ./dashboards -out "$$fresh/grafana" -alerting "$$fresh/alerting"; \
		{ diff -ru dashboards/grafana "$$fresh/grafana" && diff -ru dashboards/provisioning/alerting "$$fresh/alerting"; } || { echo "Run make dashboards and commit what it changes." >&2; exit 1; }

.PHONY: deploytest
deploytest: need-go ## the tests of docker-compose.yml and of the Helm chart (a module of their own)
	cd deploy/deploytest && go test -timeout $(TIMEOUT) ./...

.PHONY: oracle
oracle: need-go ## the simulated CodeArts and our signatures, checked with the vendor's SDK (a module of its own)
	cd internal/codearts/oracle && go test -timeout $(TIMEOUT) ./...

.PHONY: grafanatest
grafanatest: need-go engine $(FRONTEND_STAMP) ## the dashboards and alert rules, asked and judged with Grafana's own engine and front-end library (a module of their own)
	cd dashboards/grafanatest && go test -timeout $(TIMEOUT) ./...

# Not a part of make check: the library and what it needs are 600 MB.
.PHONY: pictures
pictures: need-go engine $(FRONTEND_STAMP) $(DRAWING_STAMP) ## the dashboards drawn by Grafana's component library, dark and light, in pictures/ (needs chromium and its font, Inter)
	@command -v chromium >/dev/null || { echo "chromium is missing: Debian's package of that name has it." >&2; exit 1; }
	@fc-match Inter | grep -q Inter || { echo "The font Inter is missing, by which columns are measured: Debian's package fonts-inter has it." >&2; exit 1; }
	cd dashboards/grafanatest && go test -count=1 -run World -timeout $(TIMEOUT) . -pictures "$(abspath $(PICTURES))"

.PHONY: need-go
need-go:
	@command -v go >/dev/null || { echo "go is missing. Install Go; go.mod names the version." >&2; exit 1; }

.PHONY: need-config
need-config:
	@test -f "$(CONFIG)" || { echo "There is no $(CONFIG). Copy artery.example.yaml and fill it in, or name yours: make run CONFIG=file." >&2; exit 1; }
