"""The README and the docs say what is so: their snippets run, and their tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demandflow import CLOSED_LOOP
from demandflow.figures import DEFINITIONS
from demandflow.projections.standing import COUNTS, HAPPENINGS
from demandflow.testing import LAWS
from tests.paths import ROOT, TESTS

pytestmark = pytest.mark.untraced

FIGURES, MOVES, TESTING = (ROOT / "docs" / f"{page}.md" for page in ("figures", "moves", "testing"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SNIPPETS = {
    page.name: re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL) for page in PAGES
}


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.long) if page == "testing.md" else page for page in SNIPPETS]
)
def test_the_snippets_of_a_page_run_and_print_what_they_say(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the top of the page to its end, as a reader would type them."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": "snippet"}
    for snippet in SNIPPETS[page]:
        exec(compile(snippet, page, "exec", dont_inherit=True), names)
        said = capsys.readouterr().out
        for promised in re.findall(r"print\(.*\)  # (.*)", snippet):
            assert promised in said


def figures_page() -> str:
    """The page about figures, its tables made from the definitions."""
    text = FIGURES.read_text(encoding="utf-8")
    for kind, kinds in (
        *((kind, (kind,)) for kind in ("standing count", "happening")),
        ("rate", ("rate", "sum")),
        ("range", ("range", "duration")),
    ):
        rows = ["| name | what it is | source |", "|---|---|---|"]
        for one in DEFINITIONS.values():
            if one.kind in kinds:
                formula = f" = {one.formula}" if one.formula else ""
                rows.append(f"| `{one.name}` | {one.says}{formula and f'; {formula[3:]}'} | {one.source} |")
        made = "\n".join([f"<!-- {kind} -->", *rows, "<!-- end -->"])
        before, _, rest = text.partition(f"<!-- {kind} -->")
        text = before + made + rest.partition("<!-- end -->")[2]
    return text


def test_every_figure_is_explained_from_its_definition() -> None:
    assert FIGURES.read_text(encoding="utf-8") == figures_page(), "run: python -m tests.unit.project.test_readme"
    assert {*COUNTS, *HAPPENINGS} <= DEFINITIONS.keys()
    assert all(f"| `{name}` |" in figures_page() for name in DEFINITIONS)


def moves_page() -> str:
    """The page that says which fact each move of the standard workflow records."""
    lines = ["# The moves of closed-loop@2, and what each records", ""]
    lines += ["Generated from the workflow. Fields in brackets may be left out.", ""]
    lines += ["| move | fact | fields | by |", "|---|---|---|---|"]
    for name in dict.fromkeys(move.name for move in CLOSED_LOOP.moves):
        moves = [move for move in CLOSED_LOOP.moves if move.name == name]
        fields = moves[0].fact.model_fields.items()
        said = ", ".join(field if one.is_required() else f"[{field}]" for field, one in fields)
        roles = ", ".join(dict.fromkeys(role for move in moves for role in move.roles))
        lines.append(f"| `{name}` | `{moves[0].fact.__name__}` | {said} | {roles} |")
    return "\n".join([*lines, ""])


def test_the_page_of_moves_is_current() -> None:
    assert MOVES.read_text(encoding="utf-8") == moves_page(), "run: python -m tests.unit.project.test_readme"


def page_about_testing() -> str:
    """The page about testing, its table of laws made from the laws."""
    text = TESTING.read_text(encoding="utf-8")
    rows = ["| law | what it says |", "|---|---|", *(f"| {one.name} | {one.says} |" for one in LAWS)]
    made = "\n".join(["<!-- laws -->", *rows, "<!-- end -->"])
    before, _, rest = text.partition("<!-- laws -->")
    return before + made + rest.partition("<!-- end -->")[2]


def test_every_law_is_listed() -> None:
    assert TESTING.read_text(encoding="utf-8") == page_about_testing(), "run: python -m tests.unit.project.test_readme"


def test_every_promise_names_a_test_that_there_is() -> None:
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    rows = [row.strip("| ").split(" | ") for row in page.splitlines() if row.startswith("| ") and "promise" not in row]
    assert len(rows) > 30
    for *promise, tests in rows:
        named = re.findall(r"`(test_\w+)\.py::(test_\w+)`", tests)
        assert named, promise
        for file, test in named:
            (source,) = TESTS.rglob(f"{file}.py")
            assert f"def {test}(" in source.read_text(encoding="utf-8"), f"{promise}: {file}::{test}"


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        words = re.sub(r"`[^`\n]*`", "", page.read_text(encoding="utf-8"))  # code is no link
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", words):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


if __name__ == "__main__":
    MOVES.write_text(moves_page(), "utf-8")
    FIGURES.write_text(figures_page(), "utf-8")
    TESTING.write_text(page_about_testing(), "utf-8")
