"""A few inputs by each door; `make fuzz` gives 100,000."""

from __future__ import annotations

from typing import Any

import pytest

from demandflow import DemandFlow, StorageError
from tests.fuzz.__main__ import Found, several
from tests.fuzz.doors import DOORS, Methods


@pytest.mark.parametrize("door", DOORS)
def test_what_comes_out_is_an_answer_or_an_error_of_ours(door: str) -> None:
    assert several(door, 40, 1) == []


def test_what_must_not_come_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def figures(self: DemandFlow, **query: Any) -> object:
        raise KeyError("board") if query else StorageError("x")

    monkeypatch.setattr(DemandFlow, "figures", figures)
    monkeypatch.setattr("tests.fuzz.doors.NAMES", ["figures"])
    found: list[Found] = several("methods", 40, 1)
    assert found
    assert all("KeyError" in said for _, _, said in found)
    assert Methods in {door for door, _ in DOORS.values()}
