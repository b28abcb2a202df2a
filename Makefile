# verigrad: `make demo` and `make test` each build their own .venv and do the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check

.PHONY: demo test test-slow check check-snippets bench bench-math bench-sandbox bench-rollouts \
	bench-train bench-step fuzz-math consistency-math endurance objectives clean help

help:  ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 20

$(VENV)/.train: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt -e '.[train,sql]'
	touch $@

$(VENV)/.dev: $(VENV)/.train
	$(PIP) install -q -c constraints.txt -e '.[train,sql,dev]'
	touch $@

demo: $(VENV)/.train  ## watch a small model learn from verdicts alone (about two minutes)
	$(BIN)/verigrad demo --fresh

test: $(VENV)/.dev  ## every test that takes seconds
	$(BIN)/python -m pytest -m 'not slow' -n 2

test-slow: $(VENV)/.dev  ## the tests that take longer
	$(BIN)/python -m pytest -m slow

check: $(VENV)/.dev check-snippets  ## lint, types, contracts, documentation snippets
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

check-snippets: $(VENV)/.dev  ## run every Python block of the documentation
	$(BIN)/python tests/docs/run_snippets.py README.md docs

bench: bench-math bench-sandbox bench-rollouts bench-train  ## all benchmarks
