PYTHON ?= python3

# What the tests try: `short`, or `full` for the slow tests and more examples too.
PROFILE = short

# An environment belongs to its folder and its Python; one made elsewhere is made again.
PLACE = $(PYTHON) -c 'import os, sys; print(os.getcwd(), sys.base_prefix, sys.version)'
BIN = .venv/bin
INSTALLED = .venv/installed
FLEET = .demo/fleet/airflow/bin
# What runs pytest; nox puts `coverage run` here. PYTEST passes options on.
RUN = $(BIN)/python

# Runs a command, and shows what it writes only when it fails.
quietly = output=$$($(1) 2>&1) || { echo "$$output"; exit 1; }

help:
	@echo 'make demo   load an invented account into DuckDB, twice, and show the result'
	@echo 'make demo-fleet  load several invented accounts with Airflow, lose a worker, and compare the'
	@echo '            rows (half an hour; it needs PostgreSQL and Redis); FLEET_MONTHS=3 is quicker'
	@echo 'make test   run the linters, the type checkers and the tests; PROFILE=full adds the slow'
	@echo '            tests and more examples'
	@echo 'make lint   run the linters only: ruff, import-linter, deptry'
	@echo 'make types  run the type checkers only: mypy, ty'
	@echo 'make bench  compare the tap with a bare loop over the same requests (some minutes);'
	@echo '            BENCH=... passes options on (BENCH=--help lists them), PEERS=dlt,airbyte,msdk'
	@echo '            measures others too, each in an environment of its own'
	@echo 'make test-versions  run the full tests on each installed Python and on the lowest versions'
	@echo 'make definition  write the plugin'"'"'s definition and the staging models from the tap'
	@echo 'make test-targets  load into real loaders, each in an environment of its own, and read back;'
	@echo '            run two pipelines of Meltano at the same time'
	@echo 'make test-dbt  build the dbt models in DuckDB and Postgres, and compare their answers'
	@echo 'make test-fleet  test orchestrate/, in part with Airflow, PostgreSQL and Redis'
	@echo 'make clean  remove what these have made (your own .meltano, .env and output stay)'
	@echo
	@echo 'PYTHON=... names another Python than $(PYTHON); it must be 3.11 or newer.'

definition: $(INSTALLED)
	@$(BIN)/python -m tools.definition && $(BIN)/python -m tools.loader_definitions \
	  && $(BIN)/python -m tools.rules
	@$(BIN)/python -m tools.transform

demo: python
	@$(PYTHON) -m demo.prepare && .demo/venv/bin/python -m demo.run

demo-fleet: python
	@$(PYTHON) -m orchestrate.demo.prepare && PYTHONPATH=. $(FLEET)/python -m orchestrate.demo.run

lint: $(INSTALLED) ruff import-linter deptry

types: $(INSTALLED) mypy ty

test: lint types pytest

# Each check is written here only: `make test`, the hooks, nox and the workflows run these targets.
# They use the tools in $(BIN) and install nothing.
ruff:
	@echo '- ruff check' && $(BIN)/ruff check --quiet
	@echo '- ruff format --check' && $(BIN)/ruff format --check --quiet

import-linter:
	@echo '- import-linter' && $(call quietly,$(BIN)/lint-imports --no-cache)

deptry:
	@echo '- deptry' && $(call quietly,$(BIN)/deptry .)

mypy:
	@echo '- mypy' && $(BIN)/mypy --no-error-summary

ty:
	@echo '- ty' && $(BIN)/ty check --quiet

pytest:
	@echo '- pytest' && $(RUN) -m pytest -n 2 --hypothesis-profile $(PROFILE) $(PYTEST)

bench: $(INSTALLED)
	@$(BIN)/python -m benchmarks $(if $(PEERS),--peers $(PEERS)) $(BENCH)

# pyenv offers only one Python unless PYENV_VERSION names others.
test-versions: $(INSTALLED)
	@export PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | grep -E '^3\.1[1-3]\.' | paste -sd:)" \
	  && $(BIN)/nox && { $(BIN)/nox --session next-sdk \
	  || echo 'The next version of the SDK breaks something; the allowed versions do not.'; }

test-targets: $(INSTALLED)
	@echo '- Loaders, in .targets (installing them takes a few minutes)'
	@$(BIN)/python -m tests_targets.environments
	@echo '- pytest tests_targets'
	@$(BIN)/pytest tests_targets -n 2 --dist loadfile --timeout 300 -rs $(if $(NO_SKIPS),--no-skips)

test-dbt: $(INSTALLED)
	@echo '- dbt and two loaders, in .targets (installing them takes a few minutes)'
	@$(BIN)/python -m tests_dbt.environments
	@echo '- pytest tests_dbt'
	@$(BIN)/pytest tests_dbt -n 2 --dist loadgroup --timeout 600 -rs $(if $(NO_SKIPS),--no-skips)

test-fleet: python
	@$(PYTHON) -m orchestrate.demo.prepare
	@echo '- pytest orchestrate'
	@PYTHONPATH=. $(FLEET)/python -m pytest -c orchestrate/pyproject.toml -p tests_targets.conftest \
	  -rs $(if $(NO_SKIPS),--no-skips) orchestrate/tests $(PYTEST)

$(INSTALLED): pyproject.toml $(shell $(PLACE) 2>/dev/null | cmp -s - $(INSTALLED) || echo python) | python
	@echo '- Installing what the tests need into .venv (a minute or two)'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --upgrade 'pip>=25.1' >.venv/install.log 2>&1 \
	  && $(BIN)/python -m pip install --group dev --editable '.[progress,sandbox]' >>.venv/install.log 2>&1 \
	  || { tail -n 12 .venv/install.log; echo 'pip failed; its whole output is in .venv/install.log.'; exit 1; }
	@$(PLACE) >$@

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo 'Python 3.11 or newer is needed: name one with make PYTHON=...'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'Python needs venv and pip here: on Debian, install python3-venv.'; exit 1; }

clean:
	rm -rf .demo .nox .targets .venv benchmarks/.venvs
	rm -rf .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

# The environment is installed before the tools in it run, with `make -j` too.
.NOTPARALLEL:
.PHONY: help definition demo demo-fleet lint types test ruff import-linter deptry mypy ty pytest \
  bench test-versions test-dbt test-targets test-fleet python clean
