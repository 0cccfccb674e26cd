"""What is wrong where words, files, tables and odd arguments are read is noticed by the kit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from demandflow import CLOSED_LOOP, Actor, Channel, Place
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.directory_rules import DIRECTORY
from demandflow.domain.county.grid.places import Founded, Opened
from demandflow.errors import DemandFlowError
from demandflow.facts import Accepted, Registered
from demandflow.projections.figures.definitions import definition
from demandflow.testing import Environment, Step, Upset, law_named, play
from demandflow.testing.laws import kept
from demandflow.testing.operations import DRAFTED, FOLLOW, Ask, Batch, Operation, RunPolicies
from demandflow.testing.playing.odd import ONE_OF
from demandflow.testing.playing.odd_calls import ODD

REGISTERED = Registered(
    text="dark", channel=Channel.HOTLINE, place=Place("f/c"), resident="张三", shared_with=("li", "wu")
)
OPEN = definition("open")
SEEN = next(at for at, (name, _) in enumerate(ODD, 1) if name == "seen")
"""The number of the first odd circumstance that is a version which was `seen`: one comes after so many steps."""
STEP = Step(1, "register", REGISTERED, Actor("zhao", "grid_administrator"))

HISTORY: tuple[Operation, ...] = (
    *(replace(STEP, demand=number) for number in range(1, ONE_OF * SEEN)),
    Upset("opened otherwise"),
    Upset("carried elsewhere"),
    Ask("events_after", (0,)),
    replace(STEP, demand=20, way=DRAFTED, command=f"draft {UUID(int=7)}"),
    Batch((Step(1, "accept", Accepted(), Actor("chen", "auditor")),), raced=True),
    *(RunPolicies(what=FOLLOW, after=timedelta(days=after)) for after in (1, 3)),
)
IN_A_FILE = Environment(file=True, openers=2, policies=3)


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
        ("demandflow.exchange.loading.Log.become", lambda *_: None),
        ("demandflow.store.reader.check_log", lambda *_: None),
        ("demandflow.store.drafts.DraftRows.erase_draft", lambda *_: None),
        ("demandflow.recording.drafts.Drafts.drafts", lambda flow, by: flow._log.drafts_of("zhao")),
        ("demandflow.store.following.feed.followed", lambda *_: iter(())),
        ("demandflow.batches.VersionTaken", KeyError),
        ("demandflow.automation.follower._deliver", lambda *_: None),
    ],
)
def test_a_fault_is_noticed_while_a_history_is_played(monkeypatch: pytest.MonkeyPatch, where: str, fault: Any) -> None:
    monkeypatch.setattr(where, fault)
    with play(CLOSED_LOOP, HISTORY, IN_A_FILE) as played:
        assert played.difference is not None


def test_without_a_fault_nothing_is_noticed_in_that_history() -> None:
    with play(CLOSED_LOOP, HISTORY, IN_A_FILE) as played:
        assert played.difference is None


def test_a_fault_of_a_directory_breaks_its_law(monkeypatch: pytest.MonkeyPatch) -> None:
    by = Actor("li", "registrar")
    founded = Step(1, "found", Founded(county=Place("f"), kind="county"), by)
    opened = Step(1, "open_place", Opened(place=Place("f/c"), kind="town"), by)
    with play(DIRECTORY, [founded, opened]) as played:
        law_named("a directory answers as its pages say").holds(played)
        monkeypatch.setattr(Directory, "now", lambda *_: ("f",))
        with pytest.raises(AssertionError, match="lies in"):
            law_named("a directory answers as its pages say").holds(played)
