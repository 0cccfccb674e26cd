# demandflow: `make demo` shows it, `make test` proves it, `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# many random sequences, run without tracing, which would double their time
SEQUENCES := tests/laws/test_laws.py::test_no_law_is_broken_in_random_sequences
# signals, which would interrupt the tracing as well
SIGNALS := tests/unit/interruptions/test_interruptions.py::test_a_signal_at_any_time_leaves_nothing_open
# calls and statements, counted without tracing
COUNTS := tests/unit/recording/test_counts.py

.DEFAULT_GOAL := help
.PHONY: help demo test plain check laws rules mutants real bench bench-full clean

help:  ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "demandflow needs Python 3.11 or newer; say which: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)  ## a county's year: 146 demands, their figures, one story
	@$(RUN) examples/county_year.py

test: $(READY)  ## all tests, with branch coverage
	@$(RUN) -m coverage erase
	@$(RUN) -m coverage run -m pytest -q -n auto --dist worksteal --deselect $(SEQUENCES) --deselect $(SIGNALS) --deselect $(COUNTS)
	@$(RUN) -m pytest -q $(SEQUENCES) $(SIGNALS) $(COUNTS)
	@$(RUN) -m coverage combine -q
	@$(RUN) -m coverage report

plain: $(READY)  ## all tests but the random sequences, without coverage: on another Python
	@$(RUN) -m pytest -q -n auto --dist worksteal --deselect $(SEQUENCES)

check: $(READY)  ## format, lint, strict types, docs
	@$(RUN) -m ruff format --check .
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy
	@$(RUN) -m pytest -q tests/unit/project/test_readme.py tests/unit/project/test_house_rules.py

laws: $(READY)  ## 2,000 random sequences, 1,000 workflows, 1,000 defective ones, 2,000 killed runs, against the laws
	@$(RUN) -m tests.laws

rules: $(READY)  ## each rule taken out, each move opened to every role: which example notices
	@$(RUN) -m tests.unit.rules.test_rule_book

mutants: $(READY)  ## faults, planted and by lot, against the laws alone; the score of the fast tests (an hour)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mutants]'
	@$(RUN) -m tests.mutation.mutants

real: $(READY)  ## figures of real data beside those of independent references (where the data are)
	@$(RUN) -m tests.unit.figures.real
	@$(RUN) -m tests.unit.calendars.test_calendars_real

bench: $(READY)  ## recording, loading, following, importing, a million deadlines and demands: as multiples of a raw floor
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]'
	@$(RUN) benchmarks/life_of_a_demand.py
	@$(RUN) benchmarks/parts_of_a_command.py
	@$(RUN) benchmarks/loading.py
	@$(RUN) benchmarks/following.py
	@$(RUN) benchmarks/rebuilding.py
	@$(RUN) benchmarks/import_time.py
	@$(RUN) benchmarks/import_rows.py
	@$(RUN) benchmarks/a_million_deadlines.py
	@$(RUN) benchmarks/a_million_demands.py

bench-full: bench  ## the same, and a rebuild from a million events
	@$(RUN) benchmarks/rebuilding.py 1000000

clean:  ## remove what the other targets made
	@rm -rf $(VENV) out .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
