# make demo   segment the sample volume and show where the result is
# make test   lint, type check and test
# Both make .venv when it is not there, or older than what it is made from.

PYTHON ?= python3
PIP := .venv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test lint

demo: .venv/ready
	.venv/bin/muscleseg demo

test: lint
	.venv/bin/python -m pytest

lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/mypy

# torch by itself comes first: the build of it that is found then stays, whatever the others ask for.
.venv/ready: pyproject.toml constraints.txt
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	$(PIP) torch
	$(PIP) --editable ".[dev,slicer,train]"
	touch $@
