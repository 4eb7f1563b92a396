# Everything a newcomer runs; each target makes the environment it needs. Needs Python 3.11+ and git.
PYTHON ?= python3
BIN := .venv/bin
# uv trusts its own bundled certificates unless it is told otherwise; a private certificate authority is the system's.
export UV_SYSTEM_CERTS ?= true
export NODE_USE_SYSTEM_CA ?= 1
# Without bytecode each of the hundreds of processes and workflows that tests start compiles all of our modules anew:
# that was half of the suite's processor time on machines that set this.
unexport PYTHONDONTWRITEBYTECODE
# What tests need from npm.
NODE_MODULES := tests/node_modules/ready tests/recipes/react18/node_modules/ready
# Tests wait for other processes a good part of their time: with a process for each core a core in three is idle.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(max(2, (os.cpu_count() or 1) * 3 // 2))')

demo: .venv/ready  ## the gate on two pull requests, a migration, a patch, a planned change and two incidents (ARGS="--only issue", ARGS=--keep stays up)
	$(BIN)/autobuild demo $(ARGS)

test: .venv/ready $(NODE_MODULES)  ## every test
	$(BIN)/pytest -n $(WORKERS) $(ARGS)

chaos: .venv/ready  ## random users and faults (SEEDS="7 20-29", without it new ones for ever; ARGS=--short is as in make test)
	$(BIN)/python -m tests.chaos $(ARGS) $(SEEDS)

coverage: .venv/ready $(NODE_MODULES)  ## how much of our code the tests run, also in the processes that they start
	rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n $(WORKERS) $(ARGS); ended=$$?; $(BIN)/coverage combine --quiet; $(BIN)/coverage report; exit $$ended

gate: .venv/ready  ## our own gate on this folder, as .github/autobuild.yml says
	$(BIN)/autobuild gate . $(ARGS)

check: .venv/ready  ## what must hold before a test is worth running
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports \
	  && $(BIN)/zizmor --offline --no-progress --quiet .github

fix: .venv/ready  ## fixes what ruff can fix
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: .venv/ready  ## speed, as ratios against a baseline of the same run
	$(BIN)/python -m benchmarks $(ARGS)

docs: .venv/ready  ## regenerates the tables in the documentation, the schema of the configuration, the texts' snapshot
	$(BIN)/python -m tests.doc_tables

lock: .venv/ready  ## pins anew what pyproject.toml asks for
	$(BIN)/uv pip compile --upgrade --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --extra dev pyproject.toml --quiet --output-file requirements.lock

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv --clear .venv
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

%/node_modules/ready: %/package-lock.json .venv/ready
	$(BIN)/python -m bot.npm ci --prefix $* --no-audit --no-fund --ignore-scripts --silent
	touch $@

.PHONY: demo test chaos coverage gate check fix bench docs lock
