# make run   sets everything up in .venv and runs the whole course headless, quick preset
# make test  sets everything up in .venv and passes all tests
# make lab   opens the lessons in JupyterLab, on this machine only
PYTHON ?= python3
EXTRAS ?= cpu,lab,test
BIN := .venv/bin
comma := ,
READY := .venv/.ready-$(subst $(comma),-,$(EXTRAS))

.PHONY: run test lab lint notebooks clean

run: $(READY)
	$(BIN)/course run --preset quick

test: $(READY) lint
	$(BIN)/python -m pytest
	@set -e; for lesson in notebooks/*.ipynb; do \
		place=$$(mktemp -d); \
		echo "== $$lesson, alone in an empty folder"; \
		cp $$lesson $$place; \
		COURSE_HOME=$$place/home $(BIN)/python -m pytest -c pyproject.toml \
			--nbval-lax --nbval-kernel-name python3 $$place/*.ipynb; \
		rm -rf $$place; \
	done

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell README.md CONTRIBUTING.md docs course_utils data_scripts tests notebooks

lab: $(READY)
	$(BIN)/jupyter lab --ip=127.0.0.1 --notebook-dir=notebooks

# The committed outputs: the quick preset, executed in order.
notebooks: $(READY)
	$(BIN)/course run --preset quick --inplace --fresh

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[$(EXTRAS)]"
	touch $@

clean:
	rm -rf .venv runs
