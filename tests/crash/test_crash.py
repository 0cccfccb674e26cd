"""A few rounds of `make crash`; and that it notices what it is there for."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from demandflow.policies.policy import command_of
from demandflow.store.log import Log
from tests.crash.rounds import Tally, Wrong, rounds

pytestmark = pytest.mark.long


def some(folder: Path, number: int) -> Tally:
    return rounds(lambda place, nth: f"sqlite:///{place / 'log.db'}", folder, number, 1)


def test_what_was_acknowledged_is_there_once_after_processes_were_killed(tmp_path: Path) -> None:
    tally = some(tmp_path, 3)
    assert (tally.rounds, tally.kills, tally.lost, tally.doubled) == (3, 15, 0, 0)
    assert tally.acknowledged
    assert tally.reactions


def test_what_is_lost_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append = Log.append

    def forgetful(self: Log, events: Any) -> None:
        if not events[-1].demand.int % 5:
            return
        append(self, events)

    monkeypatch.setattr(Log, "append", forgetful)
    with pytest.raises(Wrong):
        some(tmp_path, 3)


def test_what_a_policy_does_twice_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def another(policy: str, cause: str, number: int = 0) -> str:
        return command_of(policy, f"{cause} {uuid4()}", number)

    monkeypatch.setattr("demandflow.automation.runner.command_of", another)
    with pytest.raises(Wrong):
        some(tmp_path, 3)
