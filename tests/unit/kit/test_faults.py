"""What is wrong where words, files, tables and odd arguments are read is noticed by the kit."""

from __future__ import annotations

import re
from typing import Any

import pytest

from demandflow import CLOSED_LOOP, Actor, Channel, Place
from demandflow.errors import DemandFlowError
from demandflow.facts import Registered
from demandflow.projections.figures.definitions import definition
from demandflow.testing import Environment, Step, Upset, law_named, play
from demandflow.testing.differs import Differs
from demandflow.testing.laws import kept
from demandflow.testing.operations import Operation

REGISTERED = Registered(
    text="dark", channel=Channel.HOTLINE, place=Place("f/c"), resident="张三", shared_with=("li", "wu")
)
OPEN = definition("open")
STEP = Step(1, "register", REGISTERED, Actor("zhao", "grid_administrator"))


@pytest.fixture(autouse=True)
def nothing_is_remembered() -> None:
    """What was read from a file is kept for the whole process."""
    kept._read_again.cache_clear()


@pytest.mark.parametrize(
    ("law", "where", "fault"),
    [
        ("a fact said in words is the same", "demandflow.inputs.words._BETWEEN", re.compile("#")),
        ("a workflow kept in a file is the same", "demandflow.inputs.documents._value", repr),
        ("a figure is what its definition says", "demandflow.projections.figures.figures.definition", lambda _: OPEN),
        ("a table shows the figures", "demandflow.projections.figures.terminal._cell", lambda *_: "1"),
    ],
)
def test_a_fault_breaks_a_law(monkeypatch: pytest.MonkeyPatch, law: str, where: str, fault: Any) -> None:
    with play(CLOSED_LOOP, [STEP]) as played:
        law_named(law).holds(played)
        kept._read_again.cache_clear()
        monkeypatch.setattr(where, fault)
        with pytest.raises((AssertionError, DemandFlowError)):
            law_named(law).holds(played)


@pytest.mark.parametrize(
    ("where", "fault"),
    [
        ("demandflow.recording.command._check_seen", lambda *_: None),
        ("demandflow.recording.command._command_id", lambda given, by: given),
        ("demandflow.store.sqlite.files.check", lambda *_, **__: None),
        ("demandflow.exchange.contents.Contents._finish", lambda *_: None),
    ],
)
def test_a_fault_is_noticed_while_a_history_is_played(monkeypatch: pytest.MonkeyPatch, where: str, fault: Any) -> None:
    steps = [Step(number, "register", REGISTERED, STEP.by) for number in range(1, 12)]
    monkeypatch.setattr(where, fault)
    operations: list[Operation] = [*steps, Upset("opened otherwise"), Upset("carried elsewhere")]
    with play(CLOSED_LOOP, operations, Environment(file=True)) as played, pytest.raises(Differs):
        law_named("demandflow does what the model says").holds(played)
