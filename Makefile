# Every target sets up what it needs: a virtual environment in .venv, from the locked requirements.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
RUNS   := $(VENV)/.runs
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help install dev demo test check docs golden screenshot bench bench-fleet soak conformance test-live diagnosis mutants lock dist bundle dist-check clean

help:  ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The SDK has some 17,000 modules, of which a run imports a few: Python compiles those when they are imported,
# and keeps them, whatever the environment says.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
export PYTHONDONTWRITEBYTECODE :=

# What runs, and nothing else. What tests and checks need comes on top of it, when they are run.
$(RUNS): pyproject.toml requirements-run.lock
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) --require-hashes --only-binary :all: -r requirements-run.lock
	$(PIP) --no-deps --no-build-isolation -e .
	$(BIN)/python -c 'import provision.cli.session, provision.graph.connect, provision.sandbox.app'
	@touch $@

$(READY): $(RUNS) requirements.lock
	$(PIP) --require-hashes --only-binary :all: -r requirements.lock
	@touch $@

install: $(RUNS)  ## The program in .venv, from what requirements-run.lock pins by hash

dev: $(READY)  ## The same with what tests and checks need

demo: $(RUNS)  ## The main job on the embedded sandbox, from nothing to the values for System Settings
	@$(BIN)/provision sandbox reset --state .provision/demo.json
	$(BIN)/provision apply configs/prod.yaml --sandbox-at .provision/demo.json --yes

# One more than there are processors: much of the time a test waits for a process that it started.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')

test: $(READY)  ## The tests; TESTS=tests/config narrows them
	$(BIN)/python -m pytest -n $(WORKERS) $(TESTS)

# What the program's own modules take of another system; libraries are passed over, which makes it quick.
MYPY_THERE = $(BIN)/mypy --config-file= --follow-imports=skip --ignore-missing-imports --check-untyped-defs -p provision

check: $(READY)  ## What CI checks beside the tests: formatting, lint, types, the house's walls
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(MYPY_THERE) --platform win32 --cache-dir .mypy_cache/win32
	$(MYPY_THERE) --platform darwin --cache-dir .mypy_cache/darwin
	$(BIN)/lint-imports
	$(BIN)/python -m tools.docs --check

docs: $(READY)  ## Write the generated pages anew
	$(BIN)/python -m tools.docs

golden: $(READY)  ## Write the kept outputs in tests/golden anew; look at the difference
	GOLDEN=update $(BIN)/python -m pytest tests/report/test_golden.py tests/resources/test_secret_cases.py tests/plan/test_cases.py tests/plan/test_rotation_cases.py tests/checks/test_cases.py

screenshot: $(READY)  ## The HTML report in a headless Chromium, to be looked at: .provision/report.png
	@mkdir -p .provision
	$(BIN)/provision plan configs --sandbox-at .provision/demo.json -o html > .provision/report.html
	$(BIN)/python -m tests.report.browser .provision/report.html .provision/report.png 1000 light 0

bench: $(READY)  ## Start time, plan and apply on the embedded sandbox, and a served one with 5,000 applications
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.sandbox

bench-fleet: $(READY)  ## Fleets of 10 to 1,000 configs on a served sandbox: seconds, CPU, memory, requests
	$(BIN)/python -m benchmarks.fleet

soak: $(READY)  ## The tests that gain by running long: sequences on the sandbox, faults, and the kill matrix as a table
	$(BIN)/python -m pytest -n auto -m soak --hypothesis-profile=soak tests/sandbox tests/crash tests/delivery tests/test_generated.py tests/test_identities.py tests/test_import.py tests/test_last_use.py tests/test_scope.py
	$(BIN)/python -m tests.crash.matrix
	$(BIN)/python -m tests.crash.two
	$(BIN)/mypy --config-file= --strict --ignore-missing-imports -p provision

mutants: $(READY)  ## Small faults planted in the pure core: which ones its tests notice; MUTANTS=file for some
	PYTHONHASHSEED=0 $(BIN)/python -m tests.mutants $(MUTANTS)

conformance: $(READY)  ## The sandbox against recordings of Microsoft Graph; RECORDINGS=folder
	$(BIN)/python -m conformance $(RECORDINGS)

diagnosis: $(READY)  ## What people see when mail does not flow, reproduced, and what the program says to it
	@$(BIN)/python -m tests.diagnosis

test-live: $(READY)  ## The spine against a real tenant, which must be named: docs/live.md
	$(BIN)/python -m live $(LIVE)

UV_COMPILE = uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links --python-version 3.11

lock:  ## Choose the newest allowed versions anew (needs uv): for make and CI, and for a pipeline that runs it
	$(UV_COMPILE) --extra dev -o requirements.lock pyproject.toml
	$(UV_COMPILE) --extra key-vault --extra github --extra build --constraint requirements.lock -o requirements-run.lock pyproject.toml

dist: $(READY)  ## The release of the last commit: wheel, sdist, bill of materials, requirements, checksums
	$(BIN)/python -m release.dist

bundle: $(READY)  ## The release, and one archive that installs without a network
	$(BIN)/python -m release.bundle

dist-check: bundle  ## The bundle installed without a network, and refused where altered; the steps of the image (as root)
	$(BIN)/python -m release.check
	$(BIN)/python -m release.container

clean:  ## Remove the virtual environment, caches and rehearsals
	rm -rf $(VENV) .provision .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
