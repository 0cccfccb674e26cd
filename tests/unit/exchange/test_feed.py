"""The feed: every event once, in the order of recording, however many write; and CloudEvents of them."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event as Signal
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow, InvalidValue
from demandflow.cli.main import main
from demandflow.errors import HistoryIncomplete, StorageBusy, StorageError, StorageUnreachable, UnreadableEvent
from demandflow.exchange.cloud_events import cloud_event
from demandflow.store.following.feed import Positioned
from demandflow.store.holes import Hole
from tests.profiles import examples
from tests.stories import AUDITOR, CLERK
from tests.unit.exchange.envelopes import envelope

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1", "by": CLERK}
AT_ONCE = timedelta(milliseconds=1)


def filled(path: Path, number: int = 3) -> str:
    """A log with so many demands, each with a note: two events each."""
    url = f"sqlite:///{path}"
    with DemandFlow.open(url) as flow:
        for each in range(number):
            flow.note(flow.register(f"路灯 {each}", **PLACED).id, "near the school", by=CLERK)
    return url


def spoil(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement, values)


@given(sizes=st.lists(st.integers(1, 7), min_size=1, max_size=30), follow=st.booleans())
@settings(max_examples=examples(25))
def test_pages_of_any_size_give_every_event_once_while_two_record(sizes: list[int], follow: bool) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/log.db"
        with DemandFlow.open(url) as flow, DemandFlow.open(url) as other, DemandFlow.open(url) as reader:
            recording = [Thread(target=_record, args=(writer, 12)) for writer in (flow, other)]
            for thread in recording:
                thread.start()
            seen: list[Positioned] = []
            if follow:
                seen += islice(reader.follow_events(every=AT_ONCE), 48)
            turn = 0
            while len(seen) < 48:
                page = reader.events_after(seen[-1].position if seen else 0, limit=sizes[turn % len(sizes)])
                assert len(page) <= sizes[turn % len(sizes)]
                seen += page
                turn += 1
            for thread in recording:
                thread.join()
            assert [position for position, _ in seen] == list(range(1, 49))
            assert [event for _, event in seen] == list(flow.all_events())
            assert reader.events_after(48) == ()


def _record(flow: DemandFlow, number: int) -> None:
    for _ in range(number):
        try:
            flow.note(flow.register("x", **PLACED).id, "y", by=CLERK)
        except StorageBusy:  # pragma: no cover
            raise AssertionError("it waits for five seconds") from None


def test_a_hole_ends_the_page_and_then_says_so(tmp_path: Path) -> None:
    url = filled(tmp_path / "log.db")
    spoil(tmp_path / "log.db", "DELETE FROM stored_events WHERE rowid = 3")
    with DemandFlow.open(url) as flow:
        for skip in (False, True):
            assert [at for at, _ in flow.events_after(0, skip_unreadable=skip)] == [1, 2]
            with pytest.raises(HistoryIncomplete, match="position 3 is missing"):
                flow.events_after(2, skip_unreadable=skip)
        following = flow.follow_events(1)
        assert next(following).position == 2
        with pytest.raises(HistoryIncomplete):
            next(following)
        assert flow._log.raw_page(1, 9)[-1][0] == 2
        with pytest.raises(HistoryIncomplete, match="position 3 is missing"):
            flow._log.raw_page(2, 9)
        flow.acknowledge(flow.verify().holes, by=AUDITOR, reason="a disk")
        assert [at for at, _ in flow.events_after(0)] == [1, 2, 4, 5, 6]
        assert [row[0] for row in flow._log.raw_page(0, 9)] == [1, 2, 4, 5, 6]


def test_an_end_that_is_missing_is_not_taken_for_the_end(tmp_path: Path) -> None:
    url = filled(tmp_path / "log.db")
    spoil(tmp_path / "log.db", "DELETE FROM stored_events WHERE rowid = 6")
    with DemandFlow.open(url) as flow:
        for read in (flow.events_after, lambda after: flow._log.raw_page(after, 9)):
            with pytest.raises(HistoryIncomplete) as incomplete:
                read(0)
            assert incomplete.value.holes == (Hole("end", 6, 6),)


def test_an_event_that_cannot_be_read_is_skipped_only_if_that_is_asked(tmp_path: Path) -> None:
    url = filled(tmp_path / "log.db")
    spoil(tmp_path / "log.db", "UPDATE stored_events SET state = 'damaged' WHERE rowid IN (3, 4)")
    with DemandFlow.open(url) as flow:
        assert [at for at, _ in flow.events_after(0)] == [1, 2]
        with pytest.raises(UnreadableEvent):
            flow.events_after(2)
        assert [at for at, _ in flow.events_after(2, limit=1, skip_unreadable=True)] == [5]


def test_a_position_that_the_log_never_reached_is_refused(tmp_path: Path) -> None:
    with DemandFlow.open(filled(tmp_path / "log.db")) as flow:
        assert flow.events_after(6) == ()
        with pytest.raises(InvalidValue, match="7 is behind the newest event of this log, which is at 6"):
            flow.events_after(7)
        with pytest.raises(InvalidValue, match="7 is behind"):
            next(flow.follow_events(7))


@pytest.mark.parametrize("failure", [StorageBusy, StorageUnreachable])
def test_following_ends_when_it_is_told_and_goes_on_where_the_log_was_busy_or_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[StorageError]
) -> None:
    stop, busy = Signal(), [True, False, True]
    with DemandFlow.open(filled(tmp_path / "log.db")) as flow:
        page = flow._log.page

        def sometimes(after: int, limit: int) -> Any:
            if busy and busy.pop():
                raise failure("not now")
            return page(after, limit)

        monkeypatch.setattr(flow._log, "page", sometimes)
        seen = []
        for position, _ in flow.follow_events(stop=stop, every=AT_ONCE):
            seen.append(position)
            if position == 4:
                stop.set()
        assert seen == [1, 2, 3, 4]
        for wrong in ({"stop": bool}, {"every": 1}, {"every": timedelta(0)}, {"after": -1}, {"skip_unreadable": 1}):
            with pytest.raises(InvalidValue):
                flow.follow_events(**wrong)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return filled(tmp_path / "log.db")


def lines(capfdbinary: pytest.CaptureFixture[bytes], *arguments: object) -> list[bytes]:
    assert main(["feed", *map(str, arguments)]) == 0
    return capfdbinary.readouterr().out.splitlines()


def test_each_line_is_a_cloud_event(url: str, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with DemandFlow.open(url) as flow:
        log, events = flow._log, list(flow.all_events())
        stored = [row[-1] for row in log.raw_page(0, 9)]
        there = lines(capsysbinary, url)
        for position, (line, event, state) in enumerate(zip(there, events, stored, strict=True), 1):
            shown = envelope(line)
            assert shown["id"] == f"{event.demand}/{event.version}"
            assert (shown["source"], shown["subject"]) == (f"urn:uuid:{log.id}", str(event.demand))
            assert (shown["type"], shown["position"]) == (event.fact.TOPIC, position)
            assert shown["time"] == event.meta.happened.isoformat().replace("+00:00", "Z")
            assert state in line, "the stored bytes"
    assert [envelope(line)["position"] for line in lines(capsysbinary, url, "--after", 4)] == [5, 6]
    assert [envelope(line)["position"] for line in lines(capsysbinary, url, "--after", 1, "--limit", 2)] == [2, 3]


HARMS = (
    "UPDATE stored_events SET state = 'damaged' WHERE rowid = 3",
    "UPDATE stored_events SET state = x'7bff7d' WHERE rowid = 3",
    "UPDATE stored_events SET state = CAST('{\"meta\":7}' AS BLOB) WHERE rowid = 3",
    "UPDATE stored_events SET state = CAST(printf('%s', '{' || char(10) || '}') AS BLOB) WHERE rowid = 3",
    "UPDATE stored_events SET state = NULL WHERE rowid = 3",
    "UPDATE stored_events SET topic = NULL WHERE rowid = 3",
    "UPDATE stored_events SET topic = 'a' || char(10) WHERE rowid = 3",
    "UPDATE stored_events SET originator_id = NULL WHERE rowid = 3",
    "UPDATE stored_events SET originator_id = '' WHERE rowid = 3",
    "UPDATE stored_events SET originator_id = x'00ff' WHERE rowid = 3",
    "UPDATE stored_events SET originator_version = 'x' WHERE rowid = 3",
)


@pytest.mark.parametrize("harm", HARMS)
def test_what_cannot_be_read_is_an_envelope_as_well(
    harm: str, url: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    spoil(tmp_path / "log.db", harm)
    there = lines(capsysbinary, url)
    assert [envelope(line)["position"] for line in there] == [1, 2, 3, 4, 5, 6]


@given(st.binary() | st.text().map(lambda text: f'{{"meta":{{"happened":"{text}"}}}}'.encode()))
def test_whatever_is_stored_is_in_the_envelope(state: bytes) -> None:
    row = (1, "0" * 32, 1, "demand.noted", state)
    shown = envelope(cloud_event("0" * 32, row))
    assert ("data" in shown) != ("data_base64" in shown)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--after", "-1"), "after: must be a whole number from 0, got -1"),
        (("--limit", "0"), "limit: must be a whole number from 1, got 0"),
        (("--after", "x"), "invalid int value"),
        (("--after", "7"), "7 is behind the newest event"),
        (("--tenant", "another"), "belongs to tenant None"),
    ],
)
def test_misuse_is_said(url: str, arguments: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["feed", url, *arguments]) == 2
    assert says in capsys.readouterr().err


def test_there_has_to_be_a_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for url in (f"sqlite:///{tmp_path}/none.db", "memory:", "nonsense"):
        assert main(["feed", url]) == 2
        assert capsys.readouterr().err.startswith("demandflow: ")
    assert not list(tmp_path.iterdir())


def test_a_hole_is_said_after_what_is_before_it(url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    spoil(tmp_path / "log.db", "DELETE FROM stored_events WHERE rowid = 3")
    assert main(["feed", url]) == 2
    out, err = capfd.readouterr()
    assert len(out.splitlines()) == 2
    assert "position 3 is missing" in err


def test_a_process_follows_until_a_signal(url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demandflow", "feed", url, "--after", "5", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert envelope(running.stdout.readline())["position"] == 6
        with DemandFlow.open(url) as flow:
            flow.register("one more", **PLACED)
        assert envelope(running.stdout.readline())["position"] == 7
        running.send_signal(signal.SIGTERM)
        assert running.stdout.read() == b""
        assert running.wait(20) == 0
