# `make demo` and `make test` do all the set-up on a machine that has python3 (3.11 or newer) and make.
PYTHON ?= python3
VENV   := .venv
LOCKS  := services/connectors
TREES  := services/connectors services/simulator
BROWSER_TESTS := services/connectors/tests/browser

# The environment is rebuilt when a lock or a package's metadata changes, else a run starts in seconds.
INPUTS  := $(wildcard services/*/pyproject.toml)
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev
PIP      = $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check
PACKAGES = $(PIP) --no-deps --no-build-isolation $(addprefix -e ,$(TREES))

.PHONY: help demo test screenshots simulate bench seed bench-search bench-hunt bench-pages lint format clean
help:            ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

demo: $(RUNTIME) ## watch a simulated subscription's Activity Log arrive, scored (SECONDS=60)
	@$(VENV)/bin/aisoc demo --seconds $(or $(SECONDS),60)

test: lint       ## ruff, mypy and every test, with a browser of this machine (installed where there is none)
	@$(VENV)/bin/python $(BROWSER_TESTS)/chromium.py
	@$(VENV)/bin/python -m pytest -n auto --dist worksteal

screenshots: $(DEV) ## take the pictures of the documentation anew
	@$(VENV)/bin/python $(BROWSER_TESTS)/chromium.py
	@$(VENV)/bin/python -m pytest $(BROWSER_TESTS)/test_screenshots.py --screenshots

# KILLS alone runs no story; BITES instead tries so many stories on each product that is broken on purpose.
STORIES   = $(or $(SEEDS),$(if $(KILLS),0,100))
SIMULATED = $(addprefix services/connectors/tests/simulation/test_,$(if $(BITES),bites.py,seeds.py kills.py))
simulate: $(DEV) ## stories with faults drawn from a seed (SEEDS=100 SEED_START=0), real kills (KILLS=0)
	@$(VENV)/bin/python -m pytest $(SIMULATED) -n auto --dist worksteal --timeout 3600 $(if $(BITES),-rP) \
	  --seeds $(STORIES) --seed-start $(or $(SEED_START),0) --kills $(or $(KILLS),0) --bites $(or $(BITES),0)

bench: $(DEV)    ## measure the pipeline: rates, CPU, memory, growth (5 minutes; EVENTS=20000 for a quick run)
	@$(VENV)/bin/python -m bench $(if $(EVENTS),--events $(EVENTS))

seed: $(DEV)     ## fill a private database in .seed/ to measure on (5 minutes; EVENTS=1000000)
	@$(VENV)/bin/python -m bench.seed $(if $(EVENTS),--events $(EVENTS))

bench-search: $(DEV) ## measure the searches of bench/searches.txt on what `make seed` stored
	@$(VENV)/bin/python -m bench.search

bench-hunt: $(DEV) ## measure hunts with rules through what `make seed` stored
	@$(VENV)/bin/python -m bench.hunt

bench-pages: $(DEV) ## measure how soon the console's pages are of use, cold, on what `make seed` stored
	@PYTHONPATH=$(dir $(BROWSER_TESTS)) $(VENV)/bin/python -m bench.pages

lint: $(DEV)     ## ruff and mypy
	@$(VENV)/bin/ruff check --quiet .
	@$(VENV)/bin/ruff format --quiet --check .
	@for tree in $(TREES); do $(VENV)/bin/mypy $$tree || exit; done
	@$(VENV)/bin/mypy bench

format: $(DEV)   ## rewrite the sources as ruff likes them
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

clean:           ## remove the environment and the caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "AiSOC needs Python 3.11 or newer as '$(PYTHON)' ($$($(PYTHON) --version 2>&1)). Another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { \
	  rm -rf $(VENV); echo "This Python cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }

$(RUNTIME): $(VENV)/bin/python $(LOCKS)/requirements.lock $(INPUTS)
	@echo "Setting up .venv (about a minute, once) ..."
	@$(PIP) --require-hashes -r $(LOCKS)/requirements.lock
	@$(PACKAGES)
	@touch $@

$(DEV): $(RUNTIME) $(LOCKS)/requirements-dev.lock
	@echo "Setting up the development tools ..."
	@$(PIP) --require-hashes -r $(LOCKS)/requirements-dev.lock
	@touch $@
