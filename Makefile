PYTHON ?= python3

# A virtual environment belongs to its folder and its Python; what is made from others is made anew.
PLACE = $(PYTHON) -c 'import os, sys; print(os.getcwd(), sys.base_prefix, sys.version)'
BIN = .venv/bin
CODE = benchmarks demo noxfile.py omnimessages_sandbox tap_omnimessages tests tests_targets tools
INSTALLED = .venv/installed

help:
	@echo 'make demo   load an invented account into DuckDB, twice, and show what came in'
	@echo 'make test   run the linter, the type checker and the tests'
	@echo 'make bench  measure the tap beside a bare loop over the same requests (some minutes);'
	@echo '            BENCH=... passes options on (BENCH=--help lists them), PEERS=dlt,airbyte,msdk'
	@echo '            measures others too, each in an environment of its own'
	@echo 'make test-versions  run the tests on each Python there is and on the lowest versions'
	@echo 'make definition  write the plugin'"'"'s definition from what the tap says of itself'
	@echo 'make test-targets  load into real loaders, each in an environment of its own, and read back'
	@echo 'make clean  remove what these have made (what Meltano keeps in .meltano stays)'
	@echo
	@echo 'PYTHON=... names another Python than $(PYTHON); it must be 3.11 or newer.'

definition: $(INSTALLED)
	@$(BIN)/python -m tools.definition && $(BIN)/python -m tools.rules

demo: python
	@$(PYTHON) -m demo.prepare && .demo/venv/bin/python -m demo.run

test: $(INSTALLED)
	@echo '- ruff check' && $(BIN)/ruff check --quiet $(CODE)
	@echo '- ruff format --check' && $(BIN)/ruff format --check --quiet $(CODE)
	@echo '- import-linter' && $(BIN)/lint-imports --no-cache >.venv/imports.log 2>&1 || { cat .venv/imports.log; exit 1; }
	@echo '- mypy' && $(BIN)/mypy --no-error-summary
	@echo '- ty' && $(BIN)/ty check --quiet
	@echo '- deptry' && $(BIN)/deptry . >.venv/deptry.log 2>&1 || { cat .venv/deptry.log; exit 1; }
	@echo '- pytest' && $(BIN)/pytest -n 2

bench: $(INSTALLED)
	@$(BIN)/python -m benchmarks $(if $(PEERS),--peers $(PEERS)) $(BENCH)

# pyenv shows only one Python unless it is told which others are wanted.
test-versions: $(INSTALLED)
	@export PYENV_VERSION="$$(pyenv versions --bare 2>/dev/null | grep -E '^3\.1[1-3]\.' | paste -sd:)" \
	  && $(BIN)/nox && { $(BIN)/nox --session next-sdk \
	  || echo 'The next version of the SDK breaks something; the versions that are allowed do not.'; }

test-targets: $(INSTALLED)
	@echo '- Loaders, in .targets (installing them takes a few minutes)'
	@$(BIN)/python -m tests_targets.environments
	@echo '- pytest tests_targets'
	@$(BIN)/pytest tests_targets -n 2 --dist loadfile --timeout 300 -rs $(if $(NO_SKIPS),--no-skips)

$(INSTALLED): pyproject.toml $(shell $(PLACE) 2>/dev/null | cmp -s - $(INSTALLED) || echo python) | python
	@echo '- Installing what the tests need into .venv (a minute or two)'
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --upgrade 'pip>=25.1' >.venv/install.log 2>&1 \
	  && $(BIN)/python -m pip install --group dev --editable '.[progress,sandbox]' >>.venv/install.log 2>&1 \
	  || { tail -n 12 .venv/install.log; echo 'pip failed; all it said is in .venv/install.log.'; exit 1; }
	@$(PLACE) >$@

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo 'Python 3.11 or newer is needed: name one with make PYTHON=...'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo 'Python needs venv and pip here: on Debian, install python3-venv.'; exit 1; }

clean:
	rm -rf .demo .nox .targets .venv benchmarks/.venvs
	rm -rf .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis

.PHONY: help definition demo test test-targets test-versions bench python clean
