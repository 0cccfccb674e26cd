"""The README and the docs say what is so: their snippets run, and their tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demandflow import CLOSED_LOOP, RATES
from demandflow.projections.standing import COUNTS, HAPPENINGS
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SNIPPETS = [
    pytest.param(snippet, id=f"{page.name}-{number}")
    for page in PAGES
    for number, snippet in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL))
]


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_a_snippet_runs_and_prints_what_it_says(
    snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "snippet", "exec"), {"__name__": "snippet"})
    said = capsys.readouterr().out
    for promised in re.findall(r"print\(.*\)  # (.*)", snippet):
        assert promised in said


def test_the_table_of_the_standard_workflow_is_current() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- closed-loop@1 -->\n(.*?)\n?<!-- end -->", text, re.DOTALL)
    assert shown is not None
    assert shown[1] == CLOSED_LOOP.table(), "run: python -m tests.test_readme"


def test_every_figure_is_explained() -> None:
    text = (ROOT / "docs" / "figures.md").read_text(encoding="utf-8")
    grades = {"very_satisfied", "satisfied", "basically_satisfied", "dissatisfied", "very_dissatisfied"}
    for name in {*COUNTS, *HAPPENINGS} - grades:
        assert f"`{name}`" in text, name
    for name in RATES:
        family, _, kind = name.partition(" ")
        assert (f'"{kind}"' in text and f"`{family}(" in text) if kind and family != "on" else name.split()[0] in text


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


if __name__ == "__main__":
    readme = ROOT / "README.md"
    fresh = f"<!-- closed-loop@1 -->\n{CLOSED_LOOP.table()}\n<!-- end -->"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(r"<!-- closed-loop@1 -->.*<!-- end -->", lambda _: fresh, text, flags=re.DOTALL), "utf-8")
