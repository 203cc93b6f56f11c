# The interface of this repository. A machine needs git, make and Python 3.11 or newer; nothing else.
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
PROJECTS := pyproject.toml $(wildcard plugins/*/pyproject.toml)
PLUGINS := $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))

.PHONY: help setup dev test editor torture check fix bench bench-intents clean

help:  ## show this
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP)  ## prepare .venv with hookline and all plugins of this repository

$(STAMP): $(PROJECTS)
	@echo "Setting up $(VENV): this takes about a minute, once."
	@sh tests/tools/make-venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev -e . $(addprefix -e ./,$(PLUGINS))
	-@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --target $(VENV)/sqlite pysqlite3
	@touch $@

dev: $(STAMP)  ## talk to bot.yaml on a simulated LINE platform
	@$(BIN)/hookline dev

test: $(STAMP)  ## run every test
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

editor: $(STAMP)  ## test the schema and graphs in the real programs of editors, from npm; needs node
	@$(BIN)/python -m pytest -q tests/node

torture: $(STAMP)  ## attack, kill, stop and restart for hours what `make test` does for seconds
	@HOOKLINE_EVENTS=100000 $(BIN)/python -m pytest -q tests/unit/flows/test_walks.py
	@HOOKLINE_REQUESTS=100000 $(BIN)/python -m pytest -q tests/e2e/test_attack.py
	@HOOKLINE_KILLS=1000 HOOKLINE_RESTARTS=50 $(BIN)/python -m pytest -q tests/e2e/test_ledger.py tests/e2e/test_hosts.py tests/e2e/test_fronts.py
	@HOOKLINE_KILLS=500 $(BIN)/python -m pytest -q tests/e2e/test_flow_ledger.py

check: $(STAMP)  ## ruff, mypy, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --cache-dir .import_linter_cache

fix: $(STAMP)  ## mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(STAMP)  ## measure, as ratios against baselines in the same run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bench
	@$(BIN)/python -m tests.bench

bench-intents: $(STAMP)  ## measure how well intents are told apart, where the data is (INTENT_DATA names another folder)
	@$(BIN)/python -m tests.bench.intents

clean:  ## remove what the other targets made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
