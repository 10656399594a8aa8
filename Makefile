# make demo   lint software that people use, and read what is found
# make test   style, types and tests
# make clean  remove everything these two have made
#
# A fresh machine needs python3 (3.10 or newer), make, and a package index for pip.

PYTHON ?= python3
VENV ?= .venv
JOBS ?= auto

# Read, never run: their own dependencies are not needed, and they stand apart from what the tests run.
DEMO_PACKAGES = distributed==2024.12.1
DEMO_PATHS = distributed/spans.py distributed/deploy/cluster.py
DEMO_OPTIONS =

BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check
MAKEFLAGS += --no-print-directory

.PHONY: demo test clean
.DELETE_ON_ERROR:

demo: $(VENV)/.demo
	@echo "leaklint check $(strip $(DEMO_OPTIONS) $(DEMO_PATHS))    # of $(DEMO_PACKAGES)"
	@echo
	@command=$$(pwd)/$(BIN)/leaklint; \
	cd $(VENV)/read; \
	"$$command" check --isolated $(DEMO_OPTIONS) $(DEMO_PATHS) || test $$? -eq 1
	@echo
	@echo "Your own code: $(BIN)/leaklint check PATH"

test: $(VENV)/.test
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pytest -n $(JOBS)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache

# The stamps lie in the environment, so that they go when it goes.
$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "leaklint needs Python 3.10 or newer; this is %d.%d. Try: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@echo "making $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml
	@echo "installing leaklint into $(VENV)"
	@$(PIP) install --quiet --editable .
	@touch $@

$(VENV)/.demo: $(VENV)/.installed Makefile
	@echo "installing $(DEMO_PACKAGES) into $(VENV)/read"
	@$(PIP) install --quiet --no-deps --upgrade --target $(VENV)/read $(DEMO_PACKAGES)
	@touch $@

$(VENV)/.test: $(VENV)/.installed
	@echo "installing what the tests need into $(VENV)"
	@$(PIP) install --quiet --editable '.[test]'
	@touch $@
