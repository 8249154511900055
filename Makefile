# Needs make and Python 3.11, 3.12 or 3.13; everything else goes into .venv.
# Another interpreter: make demo PYTHON=/path/to/python3.12

VENV := .venv
BIN := $(VENV)/bin
CANDIDATES := $(if $(PYTHON),$(PYTHON),python3.13 python3.12 python3.11 python3)

HAS_VERSION := -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
HAS_VENV := -c 'import venv, ensurepip'

# The first candidate of a fitting version that can make virtual environments, in $$found; else say what to do.
FIND_PYTHON = found=; lacking=; \
	for each in $(CANDIDATES); do \
		"$$each" $(HAS_VERSION) >/dev/null 2>&1 || continue; \
		if "$$each" $(HAS_VENV) >/dev/null 2>&1; then found="$$each"; break; fi; \
		lacking="$${lacking:-$$each}"; \
	done; \
	if [ -z "$$found" ] && [ -n "$$lacking" ]; then \
		echo "$$lacking has no venv and ensurepip. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	elif [ -z "$$found" ]; then \
		echo "No Python 3.11, 3.12 or 3.13 found (looked for: $(CANDIDATES))." >&2; \
		echo "On Debian 12 or 13, and Ubuntu 24.04: apt-get install python3 python3-venv" >&2; \
		echo "On macOS: brew install python@3.13. Elsewhere: https://www.python.org/downloads/" >&2; exit 1; \
	fi

.DEFAULT_GOAL := help
.PHONY: help demo demo-bots test node-bots console-assets bench bench-identity bench-candidates bench-replies bench-engines bench-console lint format clean python
.DELETE_ON_ERROR:

help:  ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/installed  ## play the main job as one story on this machine
	@$(BIN)/throughline demo

demo-bots: $(VENV)/installed-bots  ## one question to a flow, an agent of Microsoft's SDK and a pywa bot
	@$(BIN)/throughline demo --chapter bots

# In the order of the folders: browsers and processes first, the quick unit tests last, so that no long file is left to
# one worker at the end. Bytecode is kept, since tests start hundreds of processes. Three, since two leave half of two
# processors idle: tests wait for processes, browsers and disks.
test: lint  ## everything that must hold: lint, format, types, layers, tests
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

node-bots: $(VENV)/node/installed  ## install the bots for Node that tests run where they are: Node-RED, Bottender

console-assets: $(VENV)/console/installed  ## build what the console's browser loads anew; needs Node
	cp middleware/console/vendoring/* $(VENV)/console/
	node $(VENV)/console/build.mjs middleware/console

bench: $(VENV)/installed-bench  ## measure what it costs here, side by side; writes docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks $(ARGS)

bench-identity: $(VENV)/installed-bench-identity  ## match FEBRL beside Splink; writes docs/benchmarks-identity.md
	$(BIN)/python -m tests.benchmarks.identity

bench-candidates: $(VENV)/installed-dev  ## one look at a record among up to a million; ARGS="1000 10000" for less
	$(BIN)/python -m tests.benchmarks.candidates $(ARGS)

bench-replies: $(VENV)/installed-bench  ## a reply beside bare Jinja2, and the worst there is; writes docs/benchmarks-replies.md
	$(BIN)/python -m tests.benchmarks.replies

bench-engines: $(VENV)/installed-dev  ## an engine that hangs beside one that answers; writes docs/benchmarks-engines.md
	$(BIN)/python -m tests.benchmarks.engines $(ARGS)

bench-console: $(VENV)/installed-dev  ## each page among 20,000 people, and open lists beside messages; writes docs/benchmarks-console.md
	$(BIN)/python -m tests.benchmarks.console $(ARGS)

lint: $(VENV)/installed-dev  ## ruff, its formatter, mypy, and who may import whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/installed-dev  ## put the code into shape
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

clean:  ## remove what make has made; the data in .throughline stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find connectors flows middleware tests -type d -name __pycache__ -prune -exec rm -rf {} +

python:  # which interpreter would be used; fails if there is none
	@$(FIND_PYTHON); echo "$$found"

# The stamps: each is newer than what it was made from, or it is made again.

$(VENV)/made:
	@if $(BIN)/python $(HAS_VERSION) >/dev/null 2>&1; then \
		echo "Using the $(VENV) that is there."; \
	else \
		$(FIND_PYTHON); \
		echo "Making $(VENV) with $$("$$found" --version). This takes some seconds."; \
		"$$found" -m venv --clear $(VENV); \
	fi
	@$(BIN)/python -m pip install --disable-pip-version-check --quiet --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/installed: $(VENV)/made pyproject.toml
	@echo "Installing Throughline with its embedded store. The first time this takes up to a minute."
	$(BIN)/python -m pip install --editable '.[embedded]'
	@touch $@

$(VENV)/installed-bots: $(VENV)/installed
	@echo "Installing what the two bots are made with: Microsoft's Agents SDK, pywa, FastAPI."
	$(BIN)/python -m pip install --editable '.[bots]'
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@echo "Installing what checks and tests need."
	$(BIN)/python -m pip install --group dev
	@touch $@

$(VENV)/installed-bench: $(VENV)/installed
	@echo "Installing what the benchmark needs: the libraries that it compares with, too."
	$(BIN)/python -m pip install --group bench
	@touch $@

$(VENV)/installed-bench-identity: $(VENV)/installed
	@echo "Installing Splink and the FEBRL sets."
	$(BIN)/python -m pip install --group bench-identity
	@touch $@

$(VENV)/node/installed: tests/node/package.json | $(VENV)/made
	@command -v npm >/dev/null || { echo "Needs Node 18 or newer with npm. On Debian: apt-get install nodejs npm" >&2; exit 1; }
	@mkdir -p $(VENV)/node && cp tests/node/package.json $(VENV)/node/
	npm install --prefix $(VENV)/node --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error
	@touch $@

$(VENV)/console/installed: middleware/console/vendoring/package.json | $(VENV)/made
	@command -v npm >/dev/null || { echo "Needs Node 18 or newer with npm. On Debian: apt-get install nodejs npm" >&2; exit 1; }
	@mkdir -p $(VENV)/console && cp middleware/console/vendoring/package.json $(VENV)/console/
	npm install --prefix $(VENV)/console --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error
	@touch $@
