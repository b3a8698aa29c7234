# `make serve` and `make test` need nothing but Python 3.11 or newer with venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help serve test check bench bench-decoding train evaluate clean
help:
	@echo "make serve     run the server on the bundled model at http://127.0.0.1:8000"
	@echo "make test      run the tests"
	@echo "make check     format, lint, types and package rules"
	@echo "make bench     sentences per second of the server beside generate"
	@echo "make bench-decoding  the in-flight engine beside generate"
	@echo "make train     train the bundled model (hours on a CPU; interrupt and repeat at will)"
	@echo "make evaluate  BLEU and chrF of the bundled model, into its card"

$(STAMP): setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

serve: $(STAMP)
	$(BIN)/m2m-server

test: $(STAMP)
	$(BIN)/pytest

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(STAMP)
	$(BIN)/python -m benchmarks.server

bench-decoding: $(STAMP)
	$(BIN)/python -m benchmarks.decoding

train: $(STAMP)
	$(BIN)/python -m training train
	$(BIN)/python -m training export

evaluate: $(STAMP)
	$(BIN)/python -m training evaluate --write-card

clean:
	rm -rf $(VENV) build *.egg-info
