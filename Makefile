# The two commands are `make run` and `make test`; both install what is missing first.

CONFIG ?=
DEMO ?=
SWIFT_FLAGS := -c release
APT_BUILD := libmicrohttpd-dev libgnutls28-dev libcrypt-dev zlib1g-dev libcurl4-gnutls-dev pkg-config binutils
APT_GO := golang-go golang-github-masterminds-sprig-dev golang-github-xeipuuv-gojsonschema-dev golang-gopkg-yaml.v3-dev golang-k8s-sigs-yaml-dev
APT_EXPORTERS := openvswitch-switch softflowd pmacct iproute2
APT_TEST := prometheus prometheus-alertmanager curl openssl python3-kubernetes $(APT_GO) $(APT_EXPORTERS)
APT_BENCH := nfdump nfdump-sflow pmacct valgrind binutils curl
missing = $(shell for p in $(1); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' || echo $$p; done)
as_root := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: run test image-files chart fuzz soak bench bench-detection lint build format install-build install-test install-bench clean

## run: build in release mode and show the demo; CONFIG=weir.yaml serves with a configuration instead; DEMO="--with-prometheus" passes options to the demo
run: build
	@exec $$(swift build $(SWIFT_FLAGS) --show-bin-path)/weir $(if $(CONFIG),serve --config $(CONFIG),demo $(DEMO))

## build: the release build of the program and its tests, which run and test share
build: install-build
	swift build $(SWIFT_FLAGS) --build-tests

# Tests that wait for sockets, programs and clocks run a target at a time, so that on a slow machine they don't wait for each other's turns; those of HEAVY keep a
# machine busy with programs of their own.
WAITING := AlertingTests CollectorTests HTTPClientTests HTTPServerTests KubernetesClientTests WeirServiceTests
HEAVY := AlertRulesTests AttackTests DashboardTests DemoTests SimulatorTests
space := $(subst ,, )
one_of = ^($(subst $(space),|,$(strip $(1))))\.

## test: everything that CI runs
test: install-test lint build image-files
	Tests/Image/test.sh
	Tests/Chart/test.sh
	Tests/Docs/test.sh
	swift test $(SWIFT_FLAGS) --skip-build --skip '$(call one_of,$(WAITING) $(HEAVY))'
	set -e; for target in $(WAITING); do swift test $(SWIFT_FLAGS) --skip-build --filter "^$$target\."; done
	swift test $(SWIFT_FLAGS) --skip-build --filter '$(call one_of,$(HEAVY))'
	Tests/Fuzz/fuzz.sh all 60

## image-files: what the container image has of this build, in .build/image; docs/install.md
image-files: build
	image/collect.sh $$(swift build $(SWIFT_FLAGS) --show-bin-path)/weir .build/image

## chart: the chart's README, and its copies of alerts/ and grafana/, made anew
chart: install-test
	Tests/Chart/test.sh run update

## fuzz: the fuzz targets, FUZZ_SECONDS each, and FUZZ_DATAGRAMS mutated real datagrams; docs/security.md
FUZZ_SECONDS ?= 300
FUZZ_DATAGRAMS ?= 10000000
fuzz: install-build
	Tests/Fuzz/fuzz.sh mutations $(FUZZ_DATAGRAMS)
	Tests/Fuzz/fuzz.sh each $(FUZZ_SECONDS)

## bench: speed beside peers from Debian, 20 minutes; ONLY=cpu|capacity|scrape|exposition|pairs|identity|rules|detection|instructions, ROUNDS=3, UPDATE=1
bench: install-bench build
	@exec $$(swift build $(SWIFT_FLAGS) --show-bin-path)/benchmarks $(addprefix --only ,$(ONLY)) $(addprefix --rounds ,$(ROUNDS)) $(if $(UPDATE),--update)

## bench-detection: what the detectors find on the simulation and, with NAB_DIR=folder, on the Numenta Anomaly Benchmark; docs/detection.md
SEED ?= 20290001
bench-detection: install-build
	swift build $(SWIFT_FLAGS) --product weir
	@set -e; weir=$$(swift build $(SWIFT_FLAGS) --show-bin-path)/weir; $$weir bench detection --simulation $(SEED); \
	$$weir bench detection --simulation $(SEED) --detector both; for n in 100000 1000000; do $$weir bench detection --series $$n; done; \
	if [ -n "$(NAB_DIR)" ]; then $$weir bench detection --nab "$(NAB_DIR)"; fi

## soak: the demo's script in real time beside Prometheus and Alertmanager, 75 min, with its table (docs/demo.md); and the tests of docs/security.md that
## take long: 5 min of exporters that come and go, 200 kills, 10 million mutated datagrams
soak: install-test build
	WEIR_SOAK_DEMO=1 swift test $(SWIFT_FLAGS) --skip-build --filter DemoSoak
	WEIR_SOAK_SECONDS=300 WEIR_KILLS=200 WEIR_MUTATIONS=10000000 swift test $(SWIFT_FLAGS) --skip-build --filter AttackTests

## lint: formatting and the rules of .swift-format
lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

## format: rewrite the sources as lint wants them
format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests

install-build:
	@$(if $(call missing,$(APT_BUILD)),$(as_root) apt-get update -q && $(as_root) apt-get install -qy --no-install-recommends $(call missing,$(APT_BUILD)))
	@command -v swift >/dev/null || { echo "Weir needs the Swift 6.3 toolchain: https://www.swift.org/install/linux/" >&2; exit 1; }

# Debian starts the daemons it installs; the tests start their own. Where no policy for starting them is there, one that forbids it is, for as long as
# packages are installed.
POLICY := /usr/sbin/policy-rc.d
define install
set -e; \
	if [ ! -e $(POLICY) ]; then trap '$(as_root) rm -f $(POLICY)' EXIT; printf '#!/bin/sh\nexit 101\n' | $(as_root) tee $(POLICY) >/dev/null; $(as_root) chmod +x $(POLICY); fi; \
	$(as_root) apt-get update -q; RUNLEVEL=1 $(as_root) apt-get install -qy --no-install-recommends $(1)
endef
install-test: install-build
	@$(if $(call missing,$(APT_TEST)),$(call install,$(call missing,$(APT_TEST))))
install-bench: install-build
	@$(if $(call missing,$(APT_BENCH)),$(call install,$(call missing,$(APT_BENCH))))

clean:
	swift package clean
