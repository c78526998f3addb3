# The front door: build, test, e2e, bench, lint, format, demo. CI calls the same targets.
SWIFT ?= swift
# Swift's libraries inside the binary, where the platform can: it starts faster and needs no Swift on the machine.
STATIC = $(if $(filter Linux,$(shell uname)),--static-swift-stdlib)
# Without its symbols it is half as large.
STRIP = -Xlinker -s
CHECK_IMPORTS = --explicit-target-dependency-import-check error
# What STRIP takes away is not written in the first place.
NO_SYMBOLS = -debug-info-format none
# More flags for every build; CI leaves symbols out, which is faster. The index stays: tests are found by it.
SWIFT_FLAGS ?=
RELEASE = .build/release

.PHONY: build release test e2e bench lint format demo fuzz clean tools

tools:
	@sh scripts/install-tools.sh

build: tools
	$(SWIFT) build $(CHECK_IMPORTS) $(SWIFT_FLAGS)

release: tools
	$(SWIFT) build -c release --product kiln $(CHECK_IMPORTS) $(NO_SYMBOLS) $(STATIC) $(STRIP)

# FILTER=NAME runs only the tests, suites and modules whose names contain it.
test: tools
	@sh scripts/install-tools.sh test
	$(SWIFT) test $(CHECK_IMPORTS) $(SWIFT_FLAGS) $(if $(FILTER),--filter '$(FILTER)')

e2e: release
	@sh scripts/install-tools.sh e2e
	@sh scripts/e2e-leftovers.sh
	$(SWIFT) build --build-tests $(CHECK_IMPORTS) $(SWIFT_FLAGS)
	KILN_BIN=$(CURDIR)/$(RELEASE) SWIFT='$(SWIFT)' bash scripts/e2e.sh

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Plugins Sources Tests
	@command -v python3 >/dev/null || { echo "python3 is not here: imports are not checked" >&2; exit 0; }; \
	python3 scripts/check-imports.py

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Plugins Sources Tests

clean:
	rm -rf .build dist demo
# Not optimised: a fresh clone shows what it does in a third of the time.
demo: tools
	$(SWIFT) build --product kiln $(CHECK_IMPORTS)
	@sh scripts/demo.sh

fuzz: release
	@fuzz/run.sh

bench: release
	@sh scripts/install-tools.sh bench
	@benchmarks/packer-log.sh
	@benchmarks/context.sh
	@benchmarks/build.sh
	@benchmarks/fleet.sh
	@benchmarks/deploy.sh
	@benchmarks/load.sh

