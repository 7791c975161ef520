# make demo, make test: each sets up what it needs, with Python 3.11 or newer and make and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test prove lint format types bench wheel clean

# ---- environments: a stamp each, so that a second run sets up nothing ----

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "octavo needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"
	$(PIP) install --editable ".[fast]"
	@touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(PIP) install --group dev
	@touch $@

$(VENV)/.measuring: $(VENV)/.installed
	$(PIP) install --group bench
	@touch $@

# ---- what to run ----

demo: $(VENV)/.installed
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh docs/demo/demo.sh

test: $(VENV)/.developing
	$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal

# A million frames for each shipped declaration; the seed is printed. FRAMES=20000 SEED=7 make prove: fewer, and again.
FRAMES ?= 1000000
prove: $(VENV)/.developing
	find codecs -name '*.py' | sort | xargs -n 1 -P 2 $(BIN)/octavo prove --frames $(FRAMES) $(if $(SEED),--seed $(SEED))

lint: $(VENV)/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.developing
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/.developing
	$(BIN)/mypy
	for file in codecs/*/*.py; do $(BIN)/mypy "$$file" || exit 1; done

bench: $(VENV)/.measuring
	$(BIN)/python bench/batch.py
	$(BIN)/python bench/batch.py --alone
	$(BIN)/python bench/examples.py
	$(BIN)/python bench/columns.py

# The built wheel, in a bare environment and an empty folder: it must bring its content with it.
wheel: $(VENV)/.developing
	rm -rf build dist
	$(BIN)/python -m build --outdir dist . >/dev/null
	$(PYTHON) -m venv build/bare
	build/bare/bin/python -m pip --disable-pip-version-check --quiet install dist/*.whl
	mkdir -p build/empty
	cd build/empty && ../bare/bin/octavo list
	cd build/empty && ../bare/bin/octavo decode formatters:milesight/em300-th AXVcA2c0AQRoZQ== -p 85 --json
	cd build/empty && ../bare/bin/octavo decode netvox/r720c 01700124000181F009C400 -p 6 --json
	cd build/empty && ../bare/bin/octavo decode codecs:milesight/em300-th AXVcA2c0AQRoZQ== -p 85 --json

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
