# `make` alone says what there is. ARGS="..." is passed on to the program, as in: make demo ARGS="--help"

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo run venv install system phones test check unit acceptance bench-ami bench-dispatch bench-engine bench-routing bench-recovery bench-soak chaos generate lock clean

BIN := .venv/bin
ARGS ?=
# A test that hangs is ended with a word about where, rather than waited for.
PYTEST := $(BIN)/python -X faulthandler -m pytest -o faulthandler_timeout=120

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: venv system phones ## a hotline on this machine: real Asterisk, softphones that answer and call
	@exec $(BIN)/hotline demo $(ARGS)

run: venv system ## the switch, without simulated people
	@exec $(BIN)/hotline serve $(ARGS)

test: ## everything: checks, unit and contract tests, acceptance on the real Asterisk
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory unit
	@$(MAKE) --no-print-directory acceptance

check: venv ## style, types, import rules; schemas and diagrams are current; the shipped site is sound
	$(BIN)/ruff check .
	$(BIN)/mypy
	@said=$$($(BIN)/lint-imports 2>&1) || { echo "$$said"; exit 1; }; echo "lint-imports: every rule is kept"
	$(BIN)/python -m scripts.generate --check
	$(BIN)/hotline check

unit: venv system ## tests without Asterisk (SQLite and PostgreSQL included)
	$(PYTEST) -n 2 -m "not asterisk" $(ARGS)

acceptance: venv system phones ## tests on the real Asterisk, with real SIP on loopback
	@scripts/install_asterisk.sh >/dev/null
	$(PYTEST) -n 3 -m asterisk $(ARGS)

bench-ami: venv ## the AMI link beside the stock library: events per second of CPU time
	@exec $(BIN)/python -m scripts.bench_ami $(ARGS)

bench-dispatch: venv system ## from an agent's hang-up to the next ring, beside Asterisk's own Queue(); WAITING=250
	@exec $(BIN)/python -m scripts.bench_dispatch $(ARGS)

bench-engine: venv ## whole call lives a second on one core, and whether many agents or callers waiting make them dearer
	@exec $(BIN)/python -m scripts.bench_engine $(ARGS)

bench-routing: venv ## decisions a second among 10,000 agents, 1,000 queues and 100,000 callers; a file of that size applied
	@exec $(BIN)/python -m scripts.bench_routing $(ARGS)

bench-recovery: venv system ## killed with 300 waiting and 50 talking: seconds until it serves again, lost, order
	@exec $(BIN)/python -m scripts.bench_recovery $(ARGS)

bench-soak: venv system ## half the highest load for MINUTES=60: does memory, or anything else, grow?
	@exec $(BIN)/python -m scripts.bench_soak --minutes $(or $(MINUTES),60) $(ARGS)

chaos: venv system ## every fault under dozens of real calls, and one table of what became of them; ARGS=--quick
	@scripts/install_asterisk.sh >/dev/null
	@exec $(BIN)/python -m scripts.chaos $(ARGS)

venv: ## .venv with the locked packages (made once)
	@scripts/make_venv.sh

install: venv system ## venv and system

system: ## the system's packages that are missing (as root)
	@scripts/system_packages.sh

phones: venv ## a Python for the softphones, fetched if that of .venv has no pjsua2
	@$(BIN)/python -m scripts.softphones.interpreter >/dev/null

generate: venv ## JSON Schemas of the YAML files, diagrams of the state machines
	@$(BIN)/python -m scripts.generate

LOCK = uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --quiet pyproject.toml
lock: ## the lock files, from pyproject.toml (needs uv)
	@command -v uv >/dev/null || { echo "uv is missing: pip install uv"; exit 1; }
	$(LOCK) -o requirements.lock
	$(LOCK) --extra dev -o requirements-dev.lock

clean: ## remove what was made here: .venv, caches; not var/, which holds records
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
