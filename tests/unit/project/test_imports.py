"""Importing demandflow brings what every process needs, and nothing that is heavy before it is used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from types import FunctionType
from typing import Any

import pytest
from pydantic import PydanticSchemaGenerationError

import demandflow
from demandflow import calendars, policies
from demandflow.facts import Noted

pytestmark = pytest.mark.untraced

HEAVY = (
    *(
        "domain.standard.closed_loop",
        "calendars.files",
        "calendars.sources",
        "analysis",
        "cli",
        "importing",
        "projections.figures.terminal",
        "testing",
        "workflow_files",
    ),
    *(f"policies.{name}" for name in ("callbacks", "deadlines", "dispatch", "reviews", "sorting", "standard")),
    *(f"projections.figures.{name}" for name in ("changes", "drilldown", "overdue", "durations", "figures", "rates")),
)
THIRD_PARTIES = ("chinese_calendar", "holidays", "hypothesis", "icalendar", "pytest", "rapidfuzz", "rich")
PACKAGES: list[Any] = [calendars, demandflow, policies]


def said_by_a_process_that(does: str) -> str:
    return subprocess.run([sys.executable, "-c", does], capture_output=True, text=True, check=True).stdout.strip()


def test_what_is_heavy_is_there() -> None:
    """A module that was renamed would be missed by nobody below."""
    for name in HEAVY:
        import_module(f"demandflow.{name}")


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    heavy = (*(f"demandflow.{name}" for name in HEAVY), *THIRD_PARTIES)
    code = f"import sys, demandflow; print([name for name in {heavy!r} if name in sys.modules])"
    assert said_by_a_process_that(code) == "[]"


def test_no_fact_is_built_before_it_is_used() -> None:
    facts = "import demandflow.domain.facts as facts; standard = facts.STANDARD_FACTS"
    built = "print([fact.__name__ for fact in standard if fact.__pydantic_complete__])"
    assert said_by_a_process_that(f"{facts}; {built}") == "[]"
    used = "facts.Noted(text='a word')"
    assert said_by_a_process_that(f"{facts}; {used}; {built}") == "['Noted']"


def test_what_is_wrong_with_a_fact_of_others_shows_where_it_is_written() -> None:
    class Thing:
        """Nothing that pydantic knows."""

    with pytest.raises(PydanticSchemaGenerationError, match="Thing"):
        type("Odd", (Noted,), {"TOPIC": "yard.odd", "__annotations__": {"thing": Thing}, "__module__": __name__})


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_all_that_is_public_can_be_imported_and_is_listed(package: Any) -> None:
    listed = package.__all__
    assert set(listed) <= set(dir(package))
    code = f"from {package.__name__} import {', '.join(listed)}; print('all of it')"
    assert said_by_a_process_that(code) == "all of it"
    star = f"from {package.__name__} import *; print(set({listed!r}) <= set(globals()))"
    assert said_by_a_process_that(star) == "True"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_what_is_imported_on_demand_is_the_thing_itself(package: Any) -> None:
    late = [name for name in package.__all__ if name not in vars(package)]
    assert late, "nothing is imported on demand any more"
    for name in late:
        value = getattr(package, name)
        assert getattr(package, name) is value
        if isinstance(value, type | FunctionType):
            assert value is vars(import_module(value.__module__))[name]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_what_is_not_there_is_not_there(package: Any) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        package.Nothing  # noqa: B018
