# make demo · make test · make check (what continuous integration runs) · make bench · make check-long
#
# Each does its own set-up and needs Python >= 3.11, make and, for speed, a C compiler. Stamps in .venv make the
# second run quick.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PY := .venv/bin/python
PIP := -m pip --disable-pip-version-check --no-input -q
SCANS := $(shell find src/nofly -name '*.pxd' -o -name '*_scan.py' -o -name 'geodesic.py')
COMPILED := -c 'import sys, nofly.kernel; sys.exit(not nofly.kernel.compiled())'
FUZZ_S ?= 60
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n < 2 ? 2 : n > 8 ? 8 : n)))
PYTEST := -m pytest -n $(WORKERS) --dist worksteal
# Many of the quick tests wait for processes: one worker more than there are cores is busy too.
MORE_WORKERS = $$(($(WORKERS) + 1))
PINNED := --universal --python-version 3.11 --generate-hashes --no-emit-index-url -q \
	--extra terrain --extra mqtt --extra notify --extra oidc --extra timestamps \
	--custom-compile-command "make constraints"

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help build demo test thorough browser lint check check-long bench docs constraints clean

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## make build        the environment .venv with nofly in it, the kernel compiled
build: .venv/.compiled

## make demo         real flights against real zones: a table, a picture, a page
demo: build
	.venv/bin/nofly demo

## make test         the tests that are quick, on the compiled kernel and on its Python source
test: build
	@if $(PY) $(COMPILED); then \
		echo "make: the kernel's tests on its Python source"; \
		NOFLY_PURE=1 $(PY) $(PYTEST) -q -m "not big and not thorough" \
			tests/kernel tests/geo tests/zones tests/tracks; \
	fi
	$(PY) $(PYTEST) -n $(MORE_WORKERS) --durations=10 -m "not big and not browser and not thorough"

## make thorough     what takes minutes: many random cases, real processes killed, packages recomputed
thorough: build
	$(PY) $(PYTEST) -m "thorough and not big and not browser"

## make browser      the pages of nofly serve in a real browser
browser: build
	$(PY) $(PYTEST) -m browser tests/web/browser

## make lint         style, types and layers
lint: build
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-cache

## make check        what continuous integration runs: lint, the pages in a browser, what is thorough, then test
check: lint browser thorough test

## make check-long   fuzzing of every reader, many more random cases, the big files
check-long: check .fuzz-venv/.ready
	.fuzz-venv/bin/python tests/fuzz/fuzz_readers.py --seconds $(FUZZ_S)
	NOFLY_PROFILE=long $(PY) $(PYTEST)
	$(PY) -m pytest -m big

## make bench        speed beside the peers: ratios of CPU time
bench: build .bench-venv/.ready
	$(PY) -m benchmarks $(BENCH)

## make docs         writes anew what is generated: findings, states of an incident, the outputs that pages show
docs: build
	$(PY) -m tests.house.finding_codes --write
	$(PY) -m tests.incidents.states_page --write
	$(PY) -m tests.zones.decisions_page --write
	$(PY) -m tests.docs.shown

## make constraints  pins every dependency anew, with hashes: of a checkout, and of a container
constraints: .venv/.dependencies
	$(PY) $(PIP) install uv
	.venv/bin/uv pip compile pyproject.toml $(PINNED) --extra opentimestamps --extra postgres --extra fuel --extra test --extra check --upgrade -o constraints.txt
	echo 'setuptools>=77' | .venv/bin/uv pip compile pyproject.toml - $(PINNED) -c constraints.txt \
		-o packaging/requirements.txt

## make clean        removes what the others made
clean:
	rm -rf build dist .venv .fuzz-venv .bench-venv nofly-demo
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src -name '*.so' -delete
	find src -name '*.egg-info' -prune -exec rm -rf {} +
	find . -name __pycache__ -prune -exec rm -rf {} +

.venv/.dependencies: constraints.txt
	@test -n "$(PYTHON)" || { echo "nofly needs Python 3.11 or newer; none was found." \
		"Say where it is: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is incomplete (Debian: apt-get install python3-venv)"; exit 1; }
	$(PY) $(PIP) install --require-hashes -r constraints.txt
	@touch $@

.venv/.installed: .venv/.dependencies pyproject.toml setup.py
	NOFLY_SKIP_EXTENSIONS=1 $(PY) $(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

# Where no compiler is, there is no stamp: the next run tries again, and says again that it is slow.
.venv/.compiled: .venv/.installed src/nofly/_pure.py $(SCANS)
	@$(PY) setup.py -q build_ext --inplace
	@$(PY) -m compileall -q src/nofly
	@if $(PY) $(COMPILED); then touch $@; fi

.fuzz-venv/.ready: constraints.txt
	$(PYTHON) -m venv .fuzz-venv
	.fuzz-venv/bin/python $(PIP) install --require-hashes -r constraints.txt
	.fuzz-venv/bin/python $(PIP) install atheris
	@touch $@

.bench-venv/.ready: constraints.txt benchmarks/requirements.txt
	$(PYTHON) -m venv .bench-venv
	.bench-venv/bin/python $(PIP) install -r benchmarks/requirements.txt || \
		grep -v '^#' benchmarks/requirements.txt | while read peer; do \
			.bench-venv/bin/python $(PIP) install "$$peer" || echo "make: $$peer is not available here"; done
	@touch $@
