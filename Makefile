# What a developer does. Each makes its own environment in .venv from constraints.txt.
PYTHON ?= python3
BIN := .venv/bin
demo: .venv/installed
	$(BIN)/flait demo

test: .venv/installed
	$(BIN)/python -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder

torture: .venv/installed
	$(BIN)/python -m tests.torture

replay: .venv/installed
	$(BIN)/python -m tests.torture.replay --write

check: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: .venv/installed
	$(BIN)/python scripts/bench.py

texts: .venv/installed
	$(BIN)/python scripts/texts.py

.venv/installed: pyproject.toml constraints.txt
	@echo "Making .venv and installing what Flait needs there, once: about half a minute, without further words."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

.PHONY: demo test torture replay check bench texts
