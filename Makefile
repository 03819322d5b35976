# Works with GNU make 3.81 and bash 3.2. The environment is made once, from requirements.lock; after that
# no target but `tools` and `lock` uses the network.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
TOOLS := $(if $(CLAUDE_CODE_MIXIN_TOOLS_DIR),$(CLAUDE_CODE_MIXIN_TOOLS_DIR),.tools)
READY := $(VENV)/.installed
.DEFAULT_GOAL := help
.PHONY: help venv build check test test-fast test-slow test-rules tools fmt lint lock real-input mutation mutation-sample bench bench-smoke bench-collector truth truth-smoke truth-broken tools-otlp truth-otlp truth-vmalert wheel clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(READY) ## Make the environment from requirements.lock

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1): name another, for example make PYTHON=python3.12 build" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv: install it, for example apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

build: $(READY) ## Check the content and compile it into build/
	@$(BIN)/claude-code-mixin build

check: $(READY) ## Check the content, write nothing
	@$(BIN)/claude-code-mixin check

test: build tools ## Build, install the servers, run every test
	@$(BIN)/python -m pytest

test-slow: build tools ## Run the tests that wait for minutes: vmalert, killed, in real time
	@$(BIN)/python -m pytest -m slow

test-fast: build ## Run the tests that need no server
	@$(BIN)/python -m pytest --ignore tests/live

test-rules: build tools ## Run the promtool tests of the built rules
	@$(TOOLS)/promtool check rules --lint=all build/prometheus/*.yaml
	@$(BIN)/python -m pytest tests/test_rules.py

tools: $(READY) ## Put promtool, prometheus and the other servers into .tools/
	@$(BIN)/python tools/install.py

tools-otlp: $(READY) ## Put a Prometheus with an OTLP receiver into .tools/, too
	@$(BIN)/python tools/install.py --only prometheus-otlp

fmt: $(READY) ## Format the Python source
	@$(BIN)/ruff check --quiet --fix-only .
	@$(BIN)/ruff format .

lint: $(READY) ## Check style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lock: ## Pin every dependency anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --extra dev --no-header --quiet \
	  pyproject.toml -o requirements.lock

real-input: build tools ## Replay the recorded sessions and write results/real_input.md
	@$(BIN)/python -m claude_code_mixin.fleet.real_input build tests/data/captures results/real_input.md

mutation: build tools ## Change every rule in eight ways and see the promtool tests notice
	@$(BIN)/python tests/mutation/run.py

mutation-sample: build tools ## The same for a sample, as CI does
	@$(BIN)/python tests/mutation/run.py --sample

bench: build tools ## Measure speed: results/bench.{json,md}, 20 minutes; PARTS="build sessions rules" takes some
	@PYTHONPATH=tools $(BIN)/python -m bench $(PARTS)

bench-smoke: build tools ## The same for a sample, in less than a minute
	@PYTHONPATH=tools $(BIN)/python -m bench --smoke

bench-collector: build tools ## Measure what the collector carries on one core: eleven minutes, nothing else running
	@$(BIN)/python tools/bench_collector.py --output results

wheel: build ## Make a wheel with the built files in dist/
	@$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

truth: build tools ## Hold every ingest profile against the truth, workload by fault: results/truth*
	@$(BIN)/python -m claude_code_mixin.fleet.lab --output results

truth-smoke: build tools ## The same for a sample, in less than 90 seconds
	@$(BIN)/python -m claude_code_mixin.fleet.lab --smoke

truth-broken: build tools ## Break the pipeline on purpose and see the truth table turn red
	@$(BIN)/python -m claude_code_mixin.fleet.lab --factor 40 --break all --output results

truth-otlp: build tools tools-otlp ## Try servers that take OTLP themselves, in half an hour: results/otlp.md
	@$(BIN)/python -m claude_code_mixin.fleet.otlp_lab --output results

truth-vmalert: build tools ## Try the rules for vmalert on VictoriaMetrics, in ten minutes: results/vmalert.md
	@$(BIN)/python -m claude_code_mixin.fleet.vmalert_lab --output results

clean: ## Remove what the tests and tools leave behind, not the environment
	rm -rf dist .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .build.new
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
