# What people type: 'make help' lists it. Everything runs in a virtual
# environment of its own, .venv, which the first target that needs it makes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Tests run on as many cores as there are.
JOBS ?= auto
# The tests that need other tools, and those of how the command does without.
TOOL_TESTS := tests/images tests/wire tests/xdp tests/host/test_build.py tests/test_cheader.py \
	tests/test_cli.py tests/test_compile.py tests/test_cross_checks.py tests/test_makefile.py \
	tests/bench tests/targets tests/test_examples.py tests/test_import.py tests/test_packet_layer.py \
	tests/test_sums.py tests/test_verify_all.py

.DEFAULT_GOAL := help

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/installed ## emit, build, validate and run a packet generator on this machine
	@$(BIN)/codegen show usoc21
	@$(BIN)/codegen emit
	@$(BIN)/codegen verify usoc21
	@mkdir -p build
	@$(BIN)/codegen run --device pcap:build/usoc21.pcap --count 1000
	@$(BIN)/codegen run

test: $(VENV)/installed-docs lint ## run the whole suite
	@$(BIN)/python -m pytest -n $(JOBS)

test-bare: $(VENV)/installed-test ## run the tests that use other tools, with these hidden
	@$(BIN)/python -m tests.bare $(BIN)/python -m pytest -n $(JOBS) $(TOOL_TESTS)

test-long: $(VENV)/installed-docs lint ## run the whole suite, with forty times as many formats drawn at random
	@OWN_FORMATS=2000 $(BIN)/python -m pytest -n $(JOBS)

lint: $(VENV)/installed-test ## check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

docs: $(VENV)/installed-docs ## build the docs site in build/docs/, strictly
	@$(BIN)/python -m website

emit: $(VENV)/installed ## renew the committed applications in generated/
	@$(BIN)/codegen emit --all

image: $(VENV)/installed ## build a Unikraft image; needs a tree of Unikraft's (UK_ROOT=DIR)
	@$(BIN)/codegen image

run-image: $(VENV)/installed ## build an image and boot it, without a network to send to
	@$(BIN)/codegen run --platform qemu --sink free

test-images: $(VENV)/installed-test ## every strategy on every Unikraft release that is here
	@$(BIN)/python -m pytest -n $(JOBS) -m "unikraft or long" tests

corpus: $(VENV)/installed ## compare parsers, oracle and tshark on captures: CAPTURES=DIR
	@test -n "$(CAPTURES)" || { \
		echo "name the folder with the captures: make corpus CAPTURES=DIR" >&2; exit 2; }
	@$(BIN)/python -m codegen.verify.corpus "$(CAPTURES)"

bench: $(VENV)/installed ## nanoseconds a packet of every strategy, against the baselines
	@$(BIN)/codegen bench

bench-wire: $(VENV)/installed ## sending over a real interface, against trafgen
	@$(BIN)/python -m codegen.bench.wire

bench-xdp: $(VENV)/installed ## sending from the kernel, against an AF_XDP socket and trafgen; root
	@$(BIN)/python -m codegen.bench.xdp

bench-startup: $(VENV)/installed ## time the start of the command
	@$(BIN)/python -m codegen.bench.startup

clean: ## remove what was built, and the virtual environment
	@rm -rf build dist *.egg-info $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The install is editable, so only the list of packages makes it stale.
$(VENV)/installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "codegen needs Python 3.11 or newer; say which: make PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { \
		echo "no virtual environment can be made; on Debian and Ubuntu: apt install python3-venv" >&2; \
		exit 2; }
	@echo "installing into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[all]'
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	@echo "installing what the tests need into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/installed-docs: $(VENV)/installed
	@echo "installing what the docs site needs into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

.PHONY: help run test test-bare test-long lint docs emit image run-image test-images corpus bench bench-wire bench-xdp bench-startup clean
