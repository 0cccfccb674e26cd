"""What a workflow declares, as the log keeps it. The text never changes: else every log finds its workflow altered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demandflow.domain.versions.declared import MOST, declared, differences
from tests.small_workflow import yard

GOLDEN = Path(__file__).parent / "golden_declared.json"


def test_what_is_kept_in_logs_is_declared_as_it_was() -> None:
    said = declared(yard())
    assert json.loads(said) == json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert said == json.dumps(json.loads(said), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@pytest.mark.parametrize(
    ("before", "now", "says"),
    [
        ({"a": 1}, {"a": 1}, ()),
        ({"a": 1}, {"a": 2}, ("a: 1 → 2",)),
        ({"a": {"b": ["x", "y"]}}, {"a": {"b": []}}, ("a b: x, y → none",)),
        ({"a": {"b": 1}}, {}, ("a: given → none",)),
        ({}, {"a": {"b": 1}}, ("a: none → given",)),
        ({"a": 1, "b": 2}, {"a": 2, "b": 3}, ("a: 1 → 2", "b: 2 → 3")),
    ],
)
def test_a_difference_is_told_in_words(before: Any, now: Any, says: tuple[str, ...]) -> None:
    assert differences(json.dumps(before), json.dumps(now)) == says


@pytest.mark.parametrize(("many", "more"), [(MOST, []), (MOST + 1, ["and 1 more"]), (MOST + 4, ["and 4 more"])])
def test_of_many_differences_the_first_few_are_told(many: int, more: list[str]) -> None:
    lines = differences(json.dumps({str(n): 1 for n in range(many)}), json.dumps({str(n): 2 for n in range(many)}))
    assert list(lines) == [*(f"{n}: 1 → 2" for n in range(MOST)), *more]
