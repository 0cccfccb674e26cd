"""Drafts: kept beside the log, registered once, in no figure, and erased for good."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import Actor, CommandConflict, DemandFlow, InvalidValue, RuleBroken
from demandflow.recording.drafts import Drafts
from demandflow.testing import FrozenClock
from tests.profiles import examples

CLERK, MA, HE = Actor("li", "grid_administrator"), Actor("ma", "resident"), Actor("he", "resident")
THERE: dict[str, Any] = {"channel": "wechat_group", "place": "f/c"}
PEOPLE = (MA, HE)


@pytest.fixture
def flow(log_url: str) -> Iterator[DemandFlow]:
    with DemandFlow.open(log_url, clock=FrozenClock()) as flow:
        yield flow


def test_a_draft_is_kept_for_whoever_wrote_it_and_is_in_no_figure(flow: DemandFlow) -> None:
    draft = flow.keep_draft("  the lamp\nis dark ", by=MA)
    flow.keep_draft("the lift", by=HE)
    ((kept,), other) = flow.drafts(MA), flow.drafts(CLERK)
    assert (kept.id, kept.who, kept.words, kept.kept) == (draft, "ma", "the lamp\nis dark", flow.now())
    assert other == ()
    assert flow.figures().count("received") == 0
    assert (list(flow.all_events()), flow.board().rows, flow.verify().ok) == ([], (), True)


def test_a_draft_is_registered_once(flow: DemandFlow) -> None:
    draft = flow.keep_draft("the lamp", by=MA)
    demand = flow.register_draft(draft, **THERE, by=MA)
    assert (demand.text, demand.resident, demand.place) == ("the lamp", "ma", "f/c")
    assert flow.drafts(MA) == ()
    assert flow.register_draft(draft, **THERE, by=MA) == demand, "again, when the draft is gone"
    with pytest.raises(CommandConflict):
        flow.register_draft(draft, **{**THERE, "place": "f/d"}, by=MA)
    assert flow.figures().count("received") == 1


def test_a_draft_whose_erasing_was_interrupted_is_registered_once(
    flow: DemandFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = flow.keep_draft("the lamp", by=MA)

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(flow._log, "erase_draft", interrupted)
        with pytest.raises(KeyboardInterrupt):
            flow.register_draft(draft, **THERE, by=MA)
    assert len(flow.drafts(MA)) == 1
    flow.register_draft(draft, **THERE, by=MA)
    assert (flow.drafts(MA), flow.figures().count("received")) == ((), 1)


def test_what_is_refused_leaves_the_draft(flow: DemandFlow) -> None:
    draft = flow.keep_draft("the lamp", by=MA)
    with pytest.raises(InvalidValue, match="he keeps no draft"):
        flow.register_draft(draft, **THERE, by=HE)
    with pytest.raises(RuleBroken, match="in the name of he"):
        flow.register_draft(draft, **THERE, resident="he", by=MA)
    with pytest.raises(InvalidValue, match="says nothing"):
        flow.keep_draft(" ", by=MA)
    with pytest.raises(InvalidValue, match="must be an Actor"):
        flow.drafts("ma")  # type: ignore[arg-type]
    assert [kept.id for kept in flow.drafts(MA)] == [draft]


def test_an_erased_draft_is_gone(flow: DemandFlow) -> None:
    draft, other = (flow.keep_draft(words, by=MA) for words in ("the lamp", "the lift"))
    for _ in range(2):
        flow.erase_draft(draft)
    flow.erase_draft(uuid4())
    assert [kept.id for kept in flow.drafts(MA)] == [other]
    with pytest.raises(InvalidValue, match="ma keeps no draft"):
        flow.register_draft(draft, **THERE, by=MA)


@pytest.mark.parametrize("begun", [False, True], ids=["empty", "with events"])
def test_the_words_of_an_erased_draft_are_nowhere_in_the_file(begun: bool, tmp_path: Path) -> None:
    with DemandFlow.open(f"sqlite:///{tmp_path / 'log.db'}") as flow:
        if begun:
            flow.register("x", **THERE, by=CLERK)
        drafts = [flow.keep_draft(f"a secret of number {number}", by=MA) for number in range(3)]
        assert any(b"a secret of number 1" in file.read_bytes() for file in tmp_path.iterdir())
        flow.erase_draft(drafts[1])
        there = [file.read_bytes() for file in tmp_path.iterdir()]
    assert not any(b"a secret of number 1" in data for data in there)
    assert any(b"a secret of number 2" in data for data in there)


def test_drafts_outlive_the_process_and_a_rebuild(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'log.db'}"
    with DemandFlow.open(url) as flow:
        draft = flow.keep_draft("the lamp", by=MA)
    with DemandFlow.open(url) as flow:
        flow.rebuild()
        assert [kept.id for kept in flow.drafts(MA)] == [draft]
        with DemandFlow.open(url) as other, ThreadPoolExecutor(4) as threads:
            done = threads.map(lambda n: (flow, other)[n % 2].register_draft(draft, **THERE, by=MA), range(8))
            assert len({demand.id for demand in done}) == 1
        assert flow.figures().count("received") == 1


STEPS = st.lists(st.tuples(st.sampled_from(["keep", "register", "erase"]), st.integers(0, 9), st.sampled_from(PEOPLE)))


@settings(deadline=None, max_examples=examples(50))
@given(STEPS)
def test_every_draft_is_kept_registered_or_erased(steps: list[tuple[str, int, Actor]]) -> None:
    kept: dict[Any, Actor] = {}
    registered, drafts = set[Any](), list[Any]()
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        for what, number, by in steps:
            draft = drafts[number % len(drafts)] if drafts else uuid4()
            if what == "keep":
                drafts.append(flow.keep_draft(f"draft {number}", by=by))
                kept[drafts[-1]] = by
            elif what == "erase":
                flow.erase_draft(draft)
                kept.pop(draft, None)
            elif kept.get(draft) == by:
                flow.register_draft(draft, **THERE, by=by)
                registered.add(draft)
                del kept[draft]
            elif draft not in registered:
                with pytest.raises(InvalidValue):
                    flow.register_draft(draft, **THERE, by=by)
            for person in PEOPLE:
                assert {one.id for one in flow.drafts(person)} == {one for one, who in kept.items() if who == person}
        assert flow.figures().count("received") == len(registered) == len(list(flow.all_events()))


def test_the_methods_are_these() -> None:
    assert {name for name in vars(Drafts) if not name.startswith("_")} == {
        *("keep_draft", "drafts", "register_draft", "erase_draft")
    }
