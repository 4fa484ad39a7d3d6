# `make demo` and `make test` need Python 3.11 or later and nothing else of ours.
.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.locked
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& echo $$p && break; done)
DEMO ?= demo-brand
PORT ?= 8501
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1

.PHONY: help setup demo serve test lint format bench messages screenshot clean

help: ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

$(STAMP): requirements.txt requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Nearfield needs Python 3.11 or later; set PYTHON=/path/to/python3." >&2; exit 1; }
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python "$(PYTHON)" $(VENV) && \
		uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt && \
		uv pip install --quiet --python $(BIN)/python --no-deps -e .; \
	else \
		"$(PYTHON)" -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .; \
	fi
	@touch $(STAMP)

setup: $(STAMP) ## Make the environment from the lock

demo: $(STAMP) ## Simulate the demo brand, forecast it, plan it and open the dashboard
	@test -f $(DEMO)/brand.toml || $(BIN)/nearfield demo $(DEMO)
	@test -f $(DEMO)/.nearfield/plan/plan.json || $(BIN)/nearfield prepare $(DEMO)
	$(BIN)/nearfield serve $(DEMO) --port $(PORT)

serve: $(STAMP) ## Open the dashboard on BRAND (default: the demo brand)
	$(BIN)/nearfield serve $(or $(BRAND),$(DEMO)) --port $(PORT)

test: $(STAMP) ## Run every test, in a real browser and on a real PostgreSQL
	@$(BIN)/python -m tests.machine
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(STAMP) ## ruff and strict mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(STAMP) ## Let ruff format and mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP) ## Measure speed and memory; figures go to benchmarks/output
	$(BIN)/python -m benchmarks

messages: $(STAMP) ## Collect the texts of the dashboard into its catalogues and compile them
	$(BIN)/python -m dashboard.catalogue

screenshot: $(STAMP) ## Take the README's screenshot from the running dashboard
	$(BIN)/python -m docs.screenshot

clean: ## Remove what was made here (environment, caches, the demo brand)
	rm -rf $(VENV) $(DEMO) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis benchmarks/output tests/artefacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
