# demandflow: `make demo` shows it, `make test` proves it, `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
CONSTRAINTS := constraints.txt
# in parallel, the slow ones shared out
TOGETHER := -q -n auto --dist worksteal
# not traced, like tests that are marked so; nor is what is the same in memory, in files and on PostgreSQL, on that
UNTRACED := tests/laws tests/crash tests/mutation

# what tests write need not outlive them: it is kept in memory where there is room, unless TMPDIR names a place
ROOM := $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 2000000 { print "/dev/shm" }')
test long all coverage properties seeds laws fuzz planted mutants: export TMPDIR := $(or $(TMPDIR),$(ROOM))

# what is compiled once is kept, wherever it was said otherwise: tests start hundreds of processes
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test long all coverage lint check properties seeds laws crash fuzz rules planted mutants real bench bench-full clean

help:  ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml $(CONSTRAINTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "demandflow needs Python 3.11 or newer; say which: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c $(CONSTRAINTS) -e '.[dev]'
	@touch $@

demo: $(READY)  ## a county's whole year, computed from 14,000 events: grid, demands, menu, volunteers, commitments
	@$(RUN) examples/whole_county.py

test: $(READY)  ## the tests, in memory, on SQLite and on PostgreSQL, each property on few examples: four minutes on two cores
	@$(RUN) -m pytest $(TOGETHER) -m "not long" $(ARGS)

long: $(READY)  ## the tests that take long: laws held against faults and defective workflows, stories, real data
	@$(RUN) -m pytest $(TOGETHER) -m long

all: $(READY)  ## both of these, in one run
	@$(RUN) -m pytest $(TOGETHER) $(ARGS)

coverage: $(READY)  ## those that are quick to trace, with branch coverage, which must not fall below 95 %
	@$(RUN) -m coverage erase
	@HYPOTHESIS_PROFILE=least $(RUN) -m coverage run -m pytest $(TOGETHER) -m "not long and not untraced" -k "not [postgres" $(addprefix --ignore ,$(UNTRACED)) $(ARGS)
	@$(RUN) -m coverage combine -q
	@$(RUN) -m coverage report

lint: $(READY)  ## format, lint, strict types
	@$(RUN) -m ruff format --check .
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy

check: lint  ## the same, and the rules of the house and of its pages
	@$(RUN) -m pytest -q tests/unit/project/test_readme.py tests/unit/project/test_house_rules.py

properties: $(READY)  ## all tests, each property on all its examples
	@HYPOTHESIS_PROFILE=ci $(RUN) -m pytest $(TOGETHER)

seeds: $(READY)  ## each property on few examples 20 times, drawn by another random seed each time: none may fail by chance
	@for run in $$(seq 20); do \
	  seed=$$($(RUN) -c 'import random; print(random.randrange(10**9))'); \
	  echo "seed $$seed"; \
	  HYPOTHESIS_PROFILE=random $(RUN) -m pytest $(TOGETHER) -m "hypothesis and not long" --hypothesis-seed=$$seed || exit 1; \
	done

laws: $(READY)  ## 2,000 histories, 250 of them on PostgreSQL, everything public asked, against the model: seven minutes on two cores
	@$(RUN) -m tests.laws $(HISTORIES)

crash: $(READY)  ## processes killed at random moments on each database, a standby promoted: what was acknowledged is there, once
	@$(RUN) -m tests.crash $(ROUNDS)

fuzz: $(READY)  ## 100,000 inputs by every door: an answer or an error of ours, and nothing recorded by what is refused
	@$(RUN) -m tests.fuzz $(INPUTS)

rules: $(READY)  ## each rule taken out, each move opened to every role: which example notices
	@$(RUN) -m tests.unit.rules.test_rule_book

planted: $(READY)  ## faults planted by hand in our own code, one by one, against the laws alone
	@$(RUN) -m tests.mutation.mutants planted
	@$(RUN) -m tests.mutation.mutants first
	@$(RUN) -m tests.mutation.mutants second
	@$(RUN) -m tests.mutation.mutants third
	@$(RUN) -m tests.mutation.mutants fourth

mutants: $(READY)  ## those faults, and others by lot; the score of the fast tests (an hour)
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mutants]'
	@$(RUN) -m tests.mutation.mutants

real: $(READY)  ## figures of real data beside those of independent references (where the data are)
	@$(RUN) -m tests.unit.figures.real
	@$(RUN) -m tests.unit.calendars.test_calendars_real

bench: $(READY)  ## recording, loading, following, importing, a million demands, many processes: as multiples of a raw floor
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
	@$(RUN) benchmarks/many_writers.py

bench-full: bench  ## the same, a rebuild from a million events, and as many to PostgreSQL and back: half an hour more
	@$(RUN) benchmarks/rebuilding.py 1000000
	@$(RUN) benchmarks/a_million_events.py

clean:  ## remove what the other targets made
	@rm -rf $(VENV) .venv-* out .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis
