"""The house rules: which room may see which, what is public, and that the paper agrees with the house."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

import demandflow
import demandflow.facts
from demandflow import CLOSED_LOOP
from demandflow.domain.evolve import FACTS
from demandflow.domain.fact import Fact
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.standard.support import SUPPORT
from tests.paths import ROOT
from tests.unit.project.architecture import PACKAGE, PAGE, drawn, imports, room

pytestmark = pytest.mark.untraced

FILES = sorted(PACKAGE.rglob("*.py"))

MAY_SEE = {
    "errors": set(),
    "inputs": {"errors"},
    "calendars": {"errors", "inputs"},
    "domain": {"errors", "inputs", "calendars"},
    "store": {"errors", "inputs", "calendars", "domain"},
    "policies": {"errors", "inputs", "calendars", "domain"},
    "workflow_files": {"errors", "inputs", "calendars", "domain"},
    "exchange": {"errors", "inputs", "domain", "store"},
    "projections": {"errors", "inputs", "domain", "store"},
    "recording": {"errors", "inputs", "domain", "store"},
    "commands": {"errors", "inputs", "domain", "recording"},
    "queries": {"errors", "inputs", "domain", "store", "projections"},
    "batches": {"errors", "inputs", "domain", "store", "projections", "recording", "commands", "queries"},
    "automation": {"errors", "inputs", "domain", "store", "policies", "projections", "recording", "batches"},
    "county": {
        *("errors", "inputs", "calendars", "domain", "store", "policies", "projections", "recording"),
        *("commands", "queries", "batches"),
    },
    "application": {
        *("errors", "inputs", "calendars", "domain", "store", "policies", "projections", "recording"),
        *("commands", "batches", "queries", "automation", "county", "workflow_files"),
    },
    "analysis": {
        *("errors", "inputs", "calendars", "domain", "store", "policies", "workflow_files"),
        *("projections", "application"),
    },
    "facts": {"domain"},
    "rules": {"domain"},
    "figures": {"projections", "queries"},
    "importing": {"errors", "inputs", "domain", "recording", "batches", "application"},
    "cli": {
        *("errors", "domain", "store", "workflow_files", "analysis", "recording", "automation", "application"),
        *("exchange", "calendars"),
    },
    "__main__": {"cli"},
    "testing": set(),
    "_hypothesis": {"testing"},
    "pytest_plugin": {"application", "testing"},
}
"""Which room may see which, from the ground up: each only rooms above it in this list. The kit may see everything."""
WITH_HYPOTHESIS = (
    *(
        "__init__",
        "checking",
        "drawing/fields",
        "drawing/drawing",
        "machine",
        "strategies",
        "types",
        "drawing/words",
    ),
)
STRUCTS = (
    *(
        "values",
        "events",
        "stream",
        "corrections",
        "decide",
        "demand",
        "evolve",
        "clocks/states",
        "clocks/changes",
        "moves",
    ),
)
COUNTY = {file.relative_to(PACKAGE).as_posix() for file in (PACKAGE / "domain" / "county").rglob("*.py")}
"""Facts that bound their numbers, and kinds of streams."""
THIRD_PARTIES = {
    "pydantic": {
        *(
            "domain/values.py",
            "domain/fact.py",
            "domain/facts.py",
            "domain/standard/scores.py",
            "domain/own_fields.py",
            "inputs/own_values.py",
            "domain/checks/samples.py",
            "inputs/words.py",
            "store/mapper.py",
        ),
        *("inputs/tables.py", "calendars/files.py"),
        *COUNTY,
        *(f"workflow_files/{name}.py" for name in ("loading", "models", "schema")),
        *("testing/drawing/fields.py", "testing/copying.py", "testing/model/rows.py"),
    },
    "typing_extensions": {"domain/evolve.py"},
    "pydantic_core": {"domain/values.py", "domain/fact.py", "domain/own_fields.py", "inputs/own_values.py"},
    "transitions": {"domain/workflow.py"},
    "msgspec": {
        *(*COUNTY, *(f"domain/{name}.py" for name in STRUCTS), "store/mapper.py", "exchange/cloud_events.py"),
        "exchange/contents.py",
    },
    "eventsourcing": {"store/mapper.py", "store/recorder.py"},
    "psycopg": {
        *(f"store/postgres/{name}.py" for name in ("connection", "failures", "listening", "recorder")),
        "testing/playing/places.py",
    },
    "psycopg_pool": {"store/postgres/failures.py", "store/postgres/recorder.py"},
    "rich": {"projections/figures/terminal.py", "cli/rebuild.py"},
    "rapidfuzz": {"policies/similarity.py"},
    "hypothesis": {"_hypothesis.py", *(f"testing/{name}.py" for name in WITH_HYPOTHESIS)},
    "pytest": {"pytest_plugin.py"},
    "jsonschema": {"county/services/answers.py"},
    "holidays": {"calendars/sources.py"},
    "chinese_calendar": {"calendars/sources.py"},
    "icalendar": {"calendars/sources.py", "county/people/activities_feed.py"},
}


def test_a_room_sees_only_rooms_below_it() -> None:
    rooms = list(MAY_SEE)
    for number, seen in enumerate(MAY_SEE.values()):
        assert seen <= {*rooms[:number]}, f"{rooms[number]} must not see {seen - {*rooms[:number]}}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_arrows_run_downwards_only(file: Path) -> None:
    here = room(".".join(file.relative_to(PACKAGE).with_suffix("").parts))
    if here in ("testing", "__init__"):
        return
    seen = {room(name) for name in imports(file) if name.startswith("demandflow.")} - {here}
    assert seen <= MAY_SEE[here], f"{here} must not see {seen - MAY_SEE[here]}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_third_parties_stay_where_they_are_let_in(file: Path) -> None:
    where = file.relative_to(PACKAGE).as_posix()
    for name in {name.split(".")[0] for name in imports(file)} - set(sys.stdlib_module_names) - {"demandflow"}:
        assert where in THIRD_PARTIES[name], f"{name} is not let in to {where}"


def module(file: Path) -> str:
    return ".".join(("demandflow", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module(file) for file in FILES}


def test_no_file_imports_in_a_circle() -> None:
    arrows = {module(file): imported_modules(file) for file in FILES}
    while arrows:
        free = [name for name, seen in arrows.items() if not seen & arrows.keys()]
        assert free, f"a circle among {sorted(arrows)}"
        for name in free:
            del arrows[name]


def imported_modules(file: Path) -> set[str]:
    """The modules of the package that a file imports, wherever in it."""
    found: frozenset[str] | set[str] = imports(file)
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{name.name}" for name in node.names} & MODULES
            found = (found - {str(node.module)}) | inside if len(inside) == len(node.names) else found | inside
    return {*found} & MODULES - {module(file)}


def test_what_is_public_is_listed_sorted_and_explained() -> None:
    listed = demandflow.__all__
    assert listed == sorted(set(listed))
    assert len(listed) <= 55, "what else is public has a module of its own: facts, rules, figures, errors, policies"
    imported = {
        name.asname or name.name
        for node in ast.walk(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("demandflow.")
        for name in node.names
        if name.name != "lazy_names"
    }
    assert imported == set(listed)
    for name in listed:
        value = getattr(demandflow, name)
        if isinstance(value, type | FunctionType):
            assert value.__doc__, f"{name} says nothing"


def test_every_fact_has_a_lasting_name_and_is_handled() -> None:
    classes = {kind for kind in vars(demandflow.facts).values() if isinstance(kind, type) and issubclass(kind, Fact)}
    assert classes == {*STANDARD_FACTS, Fact, demandflow.facts.UnknownFact}
    topics = [fact.TOPIC for fact in STANDARD_FACTS]
    assert len(set(topics)) == len(topics)
    for fact in STANDARD_FACTS:
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", fact.__name__).lower()
        assert f"demand.{snake}" == fact.TOPIC
    folded = {fact.__name__ for fact in FACTS}
    says_nothing_else = {
        *("Accepted", "Refused", "DetailsGiven", "FedBack", "CallbackMissed"),
        *("NoticeEnded", "Reopened", "Withdrawn", "Escalated", "Noted", "Stepped", "MovedOver", "Notified"),
    }
    assert {fact.__name__ for fact in STANDARD_FACTS} == folded | says_nothing_else
    assert set(STANDARD_FACTS) == {*CLOSED_LOOP.facts, *(move.fact for move in SUPPORT)}


def test_folding_raises_nothing() -> None:
    for name in ("demand", "evolve", "clocks/states"):
        source = ast.parse((PACKAGE / "domain" / f"{name}.py").read_text(encoding="utf-8"))
        assert not [node for node in ast.walk(source) if isinstance(node, ast.Raise | ast.Assert)]


def test_nothing_below_the_application_reads_a_clock_or_throws_dice() -> None:
    for file in FILES:
        if file != PACKAGE / "recording/ids.py" and file.parent.name != "testing":
            text = file.read_text(encoding="utf-8")
            assert not re.search(r"datetime\.now|time\.time|random\.|secrets\.|uuid1\(|utcnow", text), file


def test_importing_demandflow_brings_no_test_tools() -> None:
    code = "import sys, demandflow; print([m for m in ('hypothesis', 'pytest', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE", "constraints.txt", "constraints-lowest.txt"]
)
def test_the_paper_is_there_and_names_no_address_of_a_registry(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.strip()
    assert not re.search(r"https?://[^ )]*/simple|index-url|file://", text)


def test_without_hypothesis_the_kit_says_what_to_install() -> None:
    code = "import sys; sys.modules['hypothesis'] = None; import demandflow.testing"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "demandflow.testing needs hypothesis: pip install 'demandflow[testing]'" in done.stderr


def test_the_picture_of_the_rooms_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == drawn(page), "python -m tests.unit.project.architecture draws it again"
