"""`verify` finds what is wrong with a log and all that is made from it, and raises no false alarm."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import CLOSED_LOOP, Actor, DemandFlow, Place, StorageBusy, Workflow, closed_loop
from demandflow.analysis.verifying import Verified, verify
from demandflow.cli.main import main
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.directory_rules import DIRECTORY
from demandflow.domain.county.grid.places import Founded
from demandflow.domain.county.people.commitments import COMMITMENT
from demandflow.projections.comparing import NUMBERED, UpTo
from demandflow.projections.streams import TABLES as OF_STREAMS
from demandflow.projections.tables import TABLES
from demandflow.store.holes import Verification
from demandflow.testing import FrozenClock, histories
from demandflow.testing.playing.playing import play
from tests.profiles import examples
from tests.small_workflow import yard
from tests.stories import AUDITOR, CLERK
from tests.unit.exchange.test_exchange import folder
from tests.unit.exchange.test_feed import HARMS, filled, spoil
from tests.unit.figures.test_own_dimensions import workflow as of_bins
from tests.unit.figures.test_projector import fill

BINS = of_bins()
WORKFLOWS = (CLOSED_LOOP, yard())
LOCAL: dict[str, Any] = {"channel": "hotline", "place": "f/c1", "by": CLERK}


@given(st.data(), st.sampled_from(WORKFLOWS))
@settings(max_examples=examples(40))
def test_whatever_happened_nothing_is_wrong(data: st.DataObject, workflow: Workflow) -> None:
    with play(workflow, data.draw(histories(workflow)).steps) as played:
        verified = verify(played.flow)
        assert verified.ok, str(verified)
        assert verified.log.events == len(list(played.flow.all_events()))
        assert not verified.unknown


# a history may come to where the calendar ends
@pytest.mark.filterwarnings("ignore::demandflow.calendars.ends.CalendarEnds")
@given(st.data(), st.sampled_from(WORKFLOWS))
@settings(max_examples=examples(30))
def test_who_does_not_know_a_workflow_finds_its_facts_unknown_and_nothing_wrong(
    data: st.DataObject, workflow: Workflow
) -> None:
    from demandflow.exchange import load_log
    from demandflow.exchange.exporting import export

    with folder() as here, play(workflow, data.draw(histories(workflow)).steps) as played:
        export(played.flow._log, here / "file")
        load_log(here / "file", f"sqlite:///{here}/copy.db")
        with DemandFlow.open(f"sqlite:///{here}/copy.db", workflows=[workflow], clock=played.flow._clock) as flow:
            flow.figures()
        with DemandFlow.open(f"sqlite:///{here}/copy.db", clock=played.flow._clock) as flow:
            verified = verify(flow)
            assert verified.ok, str(verified)
            topics = {event.fact.TOPIC for event in played.flow.all_events() if event.fact.TOPIC == "yard.measured"}
            assert {*(verified.unknown or {})} == topics


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Demands of all sorts, and a stream of another kind."""
    with DemandFlow.open(
        f"sqlite:///{tmp_path}/log.db", workflows=[CLOSED_LOOP, DIRECTORY], clock=FrozenClock()
    ) as flow:
        fill(flow)
        demand = flow.register("with a helper", category="住房/维修", resident="zhao", **LOCAL).id
        flow.accept(demand, by=AUDITOR)
        flow.start(Founded(county=Place("f")), of=Directory, by=Actor("qian", "registrar"))
        flow.figures()
        flow.streams(Directory)
    return tmp_path / "log.db"


def verified(log: Path, **more: Any) -> Verified:
    with DemandFlow.open(f"sqlite:///{log}", create=False, **more) as flow:
        return verify(flow)


def columns(log: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(log)) as connection:
        return [
            (table, name)
            for table in (*TABLES, *OF_STREAMS)
            for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")
            if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
        ]


@pytest.mark.parametrize("share", [pytest.param(1, marks=pytest.mark.long), 12])
def test_a_value_that_somebody_changed_in_any_column_of_any_table_is_noticed(log: Path, share: int) -> None:
    known: Any = {"workflows": [CLOSED_LOOP, DIRECTORY]}
    assert verified(log, **known).ok
    there = columns(log)
    assert {"demandflow_board", "demandflow_ledger", "demandflow_totals", "demandflow_streams"} <= {t for t, _ in there}
    content = log.read_bytes()
    for table, column in there[::share]:
        if table in NUMBERED and column == "id":
            continue  # another number, for which nothing stands: noticed as lines that are not there
        log.write_bytes(content)
        other = f"CASE WHEN typeof({column}) = 'integer' THEN {column} + 1 ELSE COALESCE({column}, '') || 'x' END"
        spoil(log, f"UPDATE {table} SET {column} = {other} WHERE {column} IS (SELECT MAX({column}) FROM {table})")
        found = verified(log, **known)
        # opening puts right what shows in the numbers of rows
        assert found.tables or found.refused or _healed(log), (table, column)


def _healed(log: Path) -> bool:
    return verified(log, workflows=[CLOSED_LOOP, DIRECTORY]).ok


@pytest.mark.parametrize("harm", HARMS)
def test_damage_in_the_log_is_found_and_the_tables_are_as_they_should_be_without_it(harm: str, tmp_path: Path) -> None:
    filled(tmp_path / "log.db")
    spoil(tmp_path / "log.db", harm)
    found = verified(tmp_path / "log.db")
    assert found.tables == ()
    if "'a'" in harm:  # a fact that nobody knows
        assert found.ok
        assert "a\\n: 1" in str(found) or "  a" in str(found)
        return
    assert not found.ok
    assert not found.log.ok
    assert found.parked
    assert "not all is well" in str(found)


def test_holes_are_found_and_a_missing_end_is_said(tmp_path: Path) -> None:
    filled(tmp_path / "log.db")
    spoil(tmp_path / "log.db", "DELETE FROM stored_events WHERE rowid = 3")
    assert "position 3 is missing" in str(verified(tmp_path / "log.db"))
    with DemandFlow.open(f"sqlite:///{tmp_path}/log.db") as flow:
        flow.acknowledge(flow.verify().holes, by=AUDITOR, reason="a disk")
    assert verified(tmp_path / "log.db").ok
    spoil(tmp_path / "log.db", "DELETE FROM stored_events WHERE rowid = 6")
    found = verified(tmp_path / "log.db")
    assert not found.ok
    assert "board and figures: not compared: the log is not whole: the end is missing, position 6" in str(found)


def test_a_demand_that_is_not_on_the_board_is_noticed(tmp_path: Path) -> None:
    with DemandFlow.open(filled(tmp_path / "log.db")) as flow:
        flow.figures()
        spoil(
            tmp_path / "log.db",
            "DELETE FROM demandflow_board WHERE received = (SELECT MIN(received) FROM demandflow_board)",
        )
        found = verify(flow)
        assert "demandflow_board is not what the log makes: 2 rows, rebuilt 3" in str(found)
        flow.rebuild()
        assert verify(flow).ok


def test_others_record_meanwhile_and_there_is_no_false_alarm(tmp_path: Path) -> None:
    url, stop = filled(tmp_path / "log.db", 30), Event()
    with DemandFlow.open(url) as flow, DemandFlow.open(url) as other:

        def record() -> None:
            while not stop.is_set():
                other.register("x", **LOCAL)
                other.figures()

        writer = Thread(target=record)
        writer.start()
        try:
            for _ in range(5):
                found = verify(flow)
                assert found.tables == (), str(found)
        finally:
            stop.set()
            writer.join()


def test_a_busy_log_is_not_called_a_wrong_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> Any:
        raise StorageBusy("somebody writes")

    monkeypatch.setattr("demandflow.analysis.verifying.compare", busy)
    with DemandFlow.open(filled(tmp_path / "log.db")) as flow, pytest.raises(StorageBusy):
        verify(flow)


def test_the_command_line_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url = filled(tmp_path / "log.db")
    assert main(["verify", url]) == 0
    assert capsys.readouterr().out == (
        "6 events of 3 demands: all is there\n"
        "figures: 3 received = 3 open + 0 closed + 0 refused + 0 withdrawn + 0 merged\n"
        "tables: equal to a rebuild\n"
        "parked events: none\n"
        "all is well\n"
    )
    spoil(tmp_path / "log.db", "UPDATE demandflow_board SET text = 'another'")
    assert main(["verify", url]) == 1
    assert "differ from a rebuild; flow.rebuild() puts them right" in capsys.readouterr().out
    for wrong in (
        (f"sqlite:///{tmp_path}/none.db",),
        ("memory:",),
        (url, "--tenant", "x"),
        (url, "--workflow", "none"),
    ):
        assert main(["verify", *wrong]) == 2
        assert capsys.readouterr().err.startswith("demandflow: ")


def test_the_command_line_rebuilds_and_shows_how_far_it_is_on_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = filled(tmp_path / "log.db")
    for terminal in (False, True):
        assert main(["verify", url]) == 0
        spoil(tmp_path / "log.db", "UPDATE demandflow_board SET text = 'another'")
        assert main(["verify", url]) == 1
        capsys.readouterr()
        if terminal:
            monkeypatch.setenv("FORCE_COLOR", "1")
            monkeypatch.setenv("TERM", "xterm")
        assert main(["rebuild", url]) == 0
        out, err = capsys.readouterr()
        assert out == "rebuilt up to position 6\n"
        assert ("rebuilding" in err and "100%" in err) is terminal
    assert main(["verify", url]) == 0
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert main(["rebuild", url]) == 0
    assert main(["rebuild", f"sqlite:///{tmp_path}/none.db"]) == 2


def test_workflows_of_a_community_are_given_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with DemandFlow.open(f"sqlite:///{tmp_path}/log.db", workflows=[closed_loop("ours"), COMMITMENT]) as flow:
        flow.register("x", **LOCAL)
    named = "demandflow.domain.county.people.commitments:COMMITMENT"
    assert main(["verify", f"sqlite:///{tmp_path}/log.db", "--workflow", named]) == 0
    assert "all is well" in capsys.readouterr().out


def test_tables_are_not_made_without_the_workflows_of_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    with DemandFlow.open(url, workflows=[CLOSED_LOOP, BINS]) as flow:
        kind: Any = BINS.facts[0]
        flow.start(kind(text="bins", channel="counter", place=Place("f/c1"), bins=3), by=Actor("Li", "clerk"))
        flow.register("x", **LOCAL)
        assert flow.figures_by("bins")["3"].count("received") == 1
    for command in ("init", "rebuild"):
        assert main([command, url]) == 2
        said = capsys.readouterr().err
        assert said.startswith("demandflow: workflow: the log has bins@1, too, and the tables count by what their")
        assert "give each by --workflow" in said
        assert main([command, url, "--workflow", f"{__name__}:BINS"]) == 0
    with DemandFlow.open(url) as stranger:
        assert stranger.figures().count("received") == 2
        assert stranger._projector.dimensions == ("bins", "heavy")
    assert main(["verify", url, "--workflow", f"{__name__}:BINS"]) == 0


def test_a_log_up_to_a_position_has_nothing_behind_it(tmp_path: Path) -> None:
    with DemandFlow.open(filled(tmp_path / "log.db")) as flow:
        log = UpTo(flow._log, 4, tmp_path / "rebuilt.db")
        assert [at for at, _ in log.page(0, 100)] == [1, 2, 3, 4]
        assert log.page(4, 100) == []
        assert log.last_position() == 4


def test_a_sum_that_does_not_add_up_is_said() -> None:
    found = Verified(Verification(1, 1), "1 received = 0 open", adds_up=False)
    assert not found.ok
    assert "figures: 1 received = 0 open: this does not add up" in str(found)
