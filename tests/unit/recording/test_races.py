"""Two threads, and two processes on one file, racing for the same demands: nothing is lost, each loser is told."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from demandflow import Actor, DemandFlow, DemandFlowError, MoveNotAllowed, Refusal, Role, RuleBroken
from tests.stories import AUDITOR, CLERK, RESIDENT

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "resident": RESIDENT.id, "by": CLERK}
NOTES, DEMANDS = 40, 25


def test_who_holds_an_old_state_is_refused_on_the_new_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url) as one, DemandFlow.open(url) as two:
        demand = one.register("x", **PLACED).id
        two.demand(demand)
        one.accept(demand, by=AUDITOR)
        with pytest.raises(
            MoveNotAllowed, match=r"cannot accept a demand that is accepted \(possible now: contract_out"
        ):
            two.accept(demand, by=AUDITOR)
        two.note(demand, "seen", by=CLERK)
        assert two.withdraw(demand, by=RESIDENT).version == 4
        one.reopen(demand, "after all", by=RESIDENT)
        assert one.demand(demand) == two.demand(demand), "a read is confirmed against the store"


def test_the_loser_of_a_race_is_told_who_won_and_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url) as one, DemandFlow.open(url) as two:
        demand = one.register("x", **PLACED).id
        append = two._log.append

        def after_the_other(events: Any) -> None:
            monkeypatch.setattr(two._log, "append", append)
            one.withdraw(demand, by=RESIDENT)
            append(events)

        two.demand(demand)
        monkeypatch.setattr(two._log, "append", after_the_other)
        with pytest.raises(MoveNotAllowed) as refused:
            two.accept(demand, by=AUDITOR)
        assert refused.value.meanwhile == ("张三 (resident) withdraw → withdrawn",)
        assert "meanwhile: 张三 (resident) withdraw → withdrawn" in str(refused.value)


def test_who_loses_a_merge_because_of_its_target_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url) as one, DemandFlow.open(url) as two:
        demand, target = (one.register("x", **PLACED).id for _ in range(2))
        append = two._log.append

        def after_the_other(events: Any) -> None:
            monkeypatch.setattr(two._log, "append", append)
            one.withdraw(target, by=RESIDENT)
            append(events)

        monkeypatch.setattr(two._log, "append", after_the_other)
        with pytest.raises(RuleBroken, match="is not open") as refused:
            two.merge(demand, into=target, by=AUDITOR)
        assert refused.value.meanwhile == ("张三 (resident) withdraw → withdrawn",)


def test_what_was_stored_while_the_answer_was_lost_is_there_once_though_others_went_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url) as one, DemandFlow.open(url) as two:
        append = two._log.append

        def stored_and_lost(events: Any) -> None:
            monkeypatch.setattr(two._log, "append", append)
            append(events)
            one.note(events[0].demand, "seen", by=CLERK)
            append(events)

        monkeypatch.setattr(two._log, "append", stored_and_lost)
        assert two.register("x", **PLACED).version == 2
        assert one.figures().count("received") == 1


def test_threads_lose_no_note(flow: DemandFlow) -> None:
    demand = flow.register("x", **PLACED).id

    def write(thread: int) -> None:
        for number in range(NOTES):
            flow.note(demand, f"{thread}-{number}", by=CLERK)
            if number % 10 == 0:
                flow.figures()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert flow.demand(demand).version == 1 + 4 * NOTES
    assert {line.said for line in flow.history(demand)[1:]} == {
        f"text: {t}-{n}" for t in range(4) for n in range(NOTES)
    }
    assert flow.figures().count("received") == 1


def test_of_threads_that_race_one_wins_and_the_others_are_refused(flow: DemandFlow) -> None:
    demands = [flow.register("x", **PLACED).id for _ in range(DEMANDS)]

    def withdraw_or_accept(thread: int) -> list[str]:
        results = []
        for demand in demands:
            try:
                act: Callable[..., Any] = flow.accept if thread % 2 else flow.withdraw
                act(demand, by=AUDITOR if thread % 2 else RESIDENT)
                results.append("won")
            except Refusal as refusal:
                results.append(type(refusal).__name__)
        return results

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(withdraw_or_accept, range(4)))
    for number, demand in enumerate(demands):
        moves = [line.move for line in flow.history(demand)]
        assert moves in (["register", "withdraw"], ["register", "accept"], ["register", "accept", "withdraw"])
        assert [one[number] for one in outcomes].count("won") == len(moves) - 1


def _work(url: str, mine: int, demands: list[Any], start: Any, results: Any) -> None:
    """A process that merges demands crosswise, notes and accepts; it reports what it won and why it lost."""
    won, lost = 0, []
    try:
        with DemandFlow.open(url) as flow:
            start.wait(30)
            for number, demand in enumerate(demands):
                other = demands[number - 1 if mine else (number + 1) % len(demands)]
                for act in (
                    lambda d=demand: flow.note(d, f"process {mine}", by=CLERK),
                    lambda d=demand, o=other: flow.merge(d, into=o, by=AUDITOR),
                    lambda d=demand: flow.accept(d, by=Actor(f"auditor {mine}", Role.AUDITOR)),
                    lambda: flow.figures(),
                ):
                    try:
                        act()
                        won += 1
                    except Refusal as refusal:
                        lost.append(str(refusal))
        results.put((mine, won, lost, None))
    except DemandFlowError as error:  # pragma: no cover
        results.put((mine, won, lost, repr(error)))


@pytest.mark.long
def test_processes_on_one_file_lose_nothing_and_make_no_cycle(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'flow.db'}"
    with DemandFlow.open(url) as flow:
        demands = [flow.register(f"demand {number}", **PLACED).id for number in range(DEMANDS)]
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Event(), spawn.Queue()
    processes = [spawn.Process(target=_work, args=(url, mine, demands, start, results)) for mine in (0, 1)]
    for process in processes:
        process.start()
    start.set()
    reports = [results.get(timeout=120) for _ in processes]
    for process in processes:
        process.join(30)
    assert [report[3] for report in reports] == [None, None]
    assert all("cannot" in why for report in reports for why in report[2])
    with DemandFlow.open(url) as flow:
        for demand in demands:
            seen, at = set(), flow.demand(demand)
            while at.merged_into is not None:
                assert at.id not in seen, "a cycle of merges"
                seen.add(at.id)
                assert at.id in flow.demand(at.merged_into).took_in, "both sides or none"
                at = flow.demand(at.merged_into)
            notes = [line.said for line in flow.history(demand) if line.move == "note"]
            assert sorted(notes) == ["text: process 0", "text: process 1"], "a note was lost"
        assert flow.figures().adds_up
        recorded = sum(len(flow.history(demand)) for demand in demands)
        other_sides = sum(line.move == "take_in" for demand in demands for line in flow.history(demand))
        figures_asked = 2 * DEMANDS
        assert recorded - other_sides - DEMANDS == sum(report[1] for report in reports) - figures_asked


def _open_and_close(url: str, start: Any, results: Any) -> None:
    start.wait(30)
    try:
        with DemandFlow.open(url) as flow:
            flow.register("x", **PLACED)
            flow.figures()
        results.put(None)
    except DemandFlowError as error:  # pragma: no cover
        results.put(repr(error))


@pytest.mark.long
def test_processes_may_open_a_new_file_together(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Event(), spawn.Queue()
    url = f"sqlite:///{tmp_path / 'new.db'}"
    processes = [spawn.Process(target=_open_and_close, args=(url, start, results)) for _ in range(3)]
    for process in processes:
        process.start()
    start.set()
    assert [results.get(timeout=120) for _ in processes] == [None] * 3
    for process in processes:
        process.join(30)
    with DemandFlow.open(url) as flow:
        assert flow.figures().count("received") == 3
