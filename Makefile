# Everything starts here: `make sandbox` needs nothing but Python 3.11+ and make.
PYTHON ?= python3
PORT ?= 8765
SCENARIO ?= happy
VENV := .venv
BIN := $(VENV)/bin
# One of these exists once the environment holds a lock whole: what the sandbox needs, or everything.
SANDBOX := $(VENV)/.sandbox
ALL := $(VENV)/.all
LOCKS := install.sh pyproject.toml requirements/uv.txt
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help setup sandbox demo test chaos lint score bench lock clean

help: ## what there is to type
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: $(ALL) ## the virtual environment with everything that tests and tools need

$(SANDBOX): $(LOCKS) requirements/sandbox.txt
	@PYTHON=$(PYTHON) ./install.sh sandbox $(VENV)
	@touch $@

$(ALL): $(LOCKS) requirements/all.txt
	@PYTHON=$(PYTHON) ./install.sh all $(VENV)
	@touch $(SANDBOX) $@

sandbox: $(SANDBOX) ## a chat workspace and the bot on this machine, no accounts (PORT=, SCENARIO=)
	@exec $(BIN)/launch-control sandbox --port $(PORT) --scenario $(SCENARIO)

demo: $(SANDBOX) ## the same without a browser: launches, monitors, prints the channel (SCENARIO=)
	@exec $(BIN)/launch-control sandbox --demo --scenario $(SCENARIO)

test: $(ALL) ## every test
	$(BIN)/python -m pytest -n 2

chaos: $(ALL) ## kills bots at every step and at random, on SQLite and Postgres, for some minutes
	CHAOS=long $(BIN)/python -m pytest tests/chaos tests/launches/test_launch_crashes.py tests/launches/test_launch_model.py

lint: $(ALL) ## style, types and layers
	$(BIN)/ruff check --no-cache .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

score: $(ALL) ## how often the diagnosis is right
	$(BIN)/python tests/corpus/score.py

bench: $(ALL) ## how fast it is, as JSON lines
	$(BIN)/python tests/bench/run.py

lock: $(ALL) ## pins the dependencies that pyproject.toml names (all of them anew: UPGRADE=--upgrade)
	$(COMPILE) pyproject.toml --extra dev --output-file requirements/all.txt
	$(COMPILE) pyproject.toml --extra sandbox --constraint requirements/all.txt --output-file requirements/sandbox.txt
	$(COMPILE) pyproject.toml --constraint requirements/all.txt --output-file requirements/serve.txt
	$(COMPILE) --group install --output-file requirements/uv.txt

clean: ## removes the virtual environment and caches
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info
