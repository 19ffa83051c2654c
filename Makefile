# Everything starts here: `make sandbox` needs nothing but Python 3.11+ and make.
PYTHON ?= python3
PORT ?= 8765
SCENARIO ?= happy
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup sandbox demo test chaos lint score bench lock clean

help: ## what there is to type
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(READY) ## the virtual environment with every dependency, pinned by hash

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Launch Control needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing. Install it with: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

sandbox: $(READY) ## a chat workspace and the bot on this machine, no accounts (PORT=, SCENARIO=)
	@exec $(BIN)/launch-control sandbox --port $(PORT) --scenario $(SCENARIO)

demo: $(READY) ## the same without a browser: launches, monitors, prints the channel (SCENARIO=)
	@exec $(BIN)/launch-control sandbox --demo --scenario $(SCENARIO)

test: $(READY) ## every test
	$(BIN)/python -m pytest -n 2

chaos: $(READY) ## kills bots at every step and at random, on SQLite and Postgres, for some minutes
	CHAOS=long $(BIN)/python -m pytest tests/chaos tests/launches/test_launch_crashes.py tests/launches/test_launch_model.py

lint: $(READY) ## style, types and layers
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

score: $(READY) ## how often the diagnosis is right
	$(BIN)/python tests/corpus/score.py

bench: $(READY) ## how fast it is, as JSON lines
	$(BIN)/python tests/bench/run.py

lock: ## pins the dependencies anew (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --no-annotate --extra dev pyproject.toml -o requirements.lock

clean: ## removes the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
