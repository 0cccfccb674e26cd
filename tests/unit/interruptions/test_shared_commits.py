"""Appends that wait for each other share a commit: whoever is told "recorded" is in the log, nobody else is."""

from __future__ import annotations

import signal
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition, Event, Thread, Timer, get_ident, main_thread
from time import monotonic, sleep
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow.store.sqlite.recorder import ROWS, SQLiteRecorder
from demandflow.store.sqlite.writer import _Commit
from demandflow.store.statements import Row
from tests.profiles import examples
from tests.unit.interruptions.interruptions import Interrupted, interrupted_at, passed_over

pytestmark = passed_over
Keys = Sequence[tuple[int, int]]
"""The rows of one append: demand and version of each."""
SOON = 20


def rows_of(number: int, keys: Keys) -> list[Row]:
    """The rows of the so-many-th append; their state says whose they are."""
    return [(f"{demand:032x}", version, "t", b"%d" % number) for demand, version in keys]


@contextmanager
def recorder_in(folder: str | Path) -> Iterator[SQLiteRecorder]:
    """A recorder on a file that has its write-ahead file, with one row of nobody's."""
    path = f"{folder}/log.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(ROWS)
    recorder = SQLiteRecorder(path)
    try:
        recorder.append([("f" * 32, 1, "t", b"")])
        yield recorder
    finally:
        recorder.close()


class Turns:
    """The lock of a recorder; threads wait for it until it is said that they may have it."""

    def __init__(self, recorder: SQLiteRecorder, *first: int) -> None:
        self._lock, self._changed = recorder._writer.lock, Condition()
        self._let, self._everybody, self.taken = set(first), False, 0
        recorder._writer.lock = self  # type: ignore[assignment]

    def let(self, *threads: int | None, everybody: bool = False) -> None:
        """These may have the lock from now on."""
        with self._changed:
            self._let.update(thread for thread in threads if thread is not None)
            self._everybody = everybody
            self._changed.notify_all()

    def locked(self) -> bool:
        """Somebody writes: whoever comes now waits."""
        return True

    def __enter__(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self._everybody or get_ident() in self._let, SOON)
        self._lock.__enter__()
        self.taken += 1

    def __exit__(self, *_: object) -> None:
        self._lock.__exit__(None, None, None)


class Waiters:
    """Threads that each append something, and wait for the lock until they are let go on."""

    def __init__(self, recorder: SQLiteRecorder, appends: Sequence[Keys]) -> None:
        self.recorder, self.turns = recorder, Turns(recorder)
        self.outcomes: dict[int, object] = {}
        self.threads = [Thread(target=self._append, args=item) for item in enumerate(appends)]
        for thread in self.threads:
            thread.start()
        until(lambda: len(recorder._writer._waiting) == len(appends))

    def _append(self, number: int, keys: Keys) -> None:
        self.outcomes[number] = outcome(lambda: self.recorder.append(rows_of(number, keys)))

    def go_on(self) -> dict[int, object]:
        """Let them go on; what each was told."""
        self.turns.let(everybody=True)
        for thread in self.threads:
            thread.join(SOON)
            assert not thread.is_alive(), "a thread waits for ever"
        return self.outcomes


def until(so: Callable[[], bool]) -> None:
    end = monotonic() + SOON
    while not so():
        assert monotonic() < end, "it never came to be so"
        sleep(0.0005)


def outcome(append: Callable[[], int]) -> object:
    """The position that the append was told, or the error."""
    try:
        return append()
    except BaseException as error:
        return error


def interrupted(append: Callable[[], int], moment: int) -> object:
    """The outcome of an append that is interrupted at this moment, if it has so many."""

    def at_the_moment() -> int:
        with interrupted_at(moment):
            return append()

    return outcome(at_the_moment)


def told(outcomes: dict[int, object], kind: type) -> list[int]:
    """Which appends were told such a thing."""
    return sorted(number for number, answer in outcomes.items() if isinstance(answer, kind))


def stored(recorder: SQLiteRecorder) -> dict[int, list[tuple[int, int]]]:
    """The rows in the log by the append that they came with."""
    by: dict[int, list[tuple[int, int]]] = {}
    for demand, version, state in recorder.rows("SELECT originator_id, originator_version, state FROM stored_events"):
        if state:
            by.setdefault(int(state), []).append((int(demand, 16), version))
    return by


def holds_the_law(recorder: SQLiteRecorder, appends: Sequence[Keys], outcomes: dict[int, object]) -> None:
    """Who was told a position has exactly their rows in the log, the last of them there; who got an error has none."""
    there = stored(recorder)
    recorded = told(outcomes, int)
    assert sorted(there) == sorted(recorded)
    for number in recorded:
        assert sorted(there[number]) == sorted(appends[number])
        ((row,),) = recorder.rows("SELECT state FROM stored_events WHERE rowid = ?", (outcomes[number],))
        assert int(row) == number, "the position is that of one of its rows"
    taken = Counter(key for keys in there.values() for key in keys)
    assert max(taken.values(), default=1) == 1, "a version is recorded once"
    for number in told(outcomes, sqlite3.IntegrityError):
        own = appends[number]
        assert len(set(own)) < len(own) or taken.keys() & set(own), "it was refused, though nobody had its versions"
    positions = [at for (at,) in recorder.rows("SELECT rowid FROM stored_events ORDER BY rowid")]
    assert positions == list(range(1, len(positions) + 1)), "no positions are left out"
    assert not recorder._writer._waiting
    assert not recorder._writer.connection.in_transaction


@contextmanager
def statements_of(recorder: SQLiteRecorder) -> Iterator[list[str]]:
    """What the connection that writes is asked, as it is asked."""
    statements: list[str] = []
    recorder._writer.connection.set_trace_callback(statements.append)
    yield statements
    recorder._writer.connection.set_trace_callback(None)


keys = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=3)
several_appends = st.lists(keys, min_size=1, max_size=8)


@given(several_appends)
def test_appends_that_wait_share_one_commit_and_each_fails_by_itself(appends: list[Keys]) -> None:
    with TemporaryDirectory() as folder, recorder_in(folder) as recorder, statements_of(recorder) as statements:
        waiters = Waiters(recorder, appends)
        outcomes = waiters.go_on()
        holds_the_law(recorder, appends, outcomes)
        ends = [statement for statement in statements if statement in ("COMMIT", "ROLLBACK")]
        assert len(ends) == 1, "they share a commit"
        assert set(told(outcomes, int)) | set(told(outcomes, sqlite3.IntegrityError)) == set(range(len(appends)))


@settings(max_examples=examples(25))
@given(st.lists(several_appends, min_size=2, max_size=8))
def test_whoever_is_told_recorded_is_in_the_log_and_nobody_else(threads: list[list[Keys]]) -> None:
    numbers = count()
    numbered = [[(next(numbers), keys) for keys in appends] for appends in threads]
    outcomes: dict[int, object] = {}
    with TemporaryDirectory() as folder, recorder_in(folder) as recorder:

        def work(appends: list[tuple[int, Keys]]) -> None:
            for number, keys in appends:
                outcomes[number] = outcome(partial(recorder.append, rows_of(number, keys)))

        with ThreadPoolExecutor(len(threads)) as pool:
            list(pool.map(work, numbered))
        holds_the_law(recorder, [keys for appends in threads for keys in appends], outcomes)


def test_of_eight_that_write_one_version_one_wins(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder:
        for version in range(1, 30):
            with ThreadPoolExecutor(8) as pool:
                answers = list(
                    pool.map(lambda n, v=version: outcome(lambda: recorder.append(rows_of(n, [(1, v)]))), range(8))
                )
            assert sum(isinstance(answer, int) for answer in answers) == 1
            assert sum(isinstance(answer, sqlite3.IntegrityError) for answer in answers) == 7


def test_alone_an_append_asks_nothing_more(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder, statements_of(recorder) as statements:
        recorder.append(rows_of(1, [(1, 1), (1, 2)]))
        assert [statement.split()[0] for statement in statements] == ["BEGIN", "INSERT", "INSERT", "COMMIT"]
        statements.clear()
        assert isinstance(outcome(lambda: recorder.append(rows_of(2, [(1, 3), (1, 2)]))), sqlite3.IntegrityError)
        assert statements[-1] == "ROLLBACK"
        assert stored(recorder) == {1: [(1, 1), (1, 2)]}


APPENDS: list[Keys] = [[(1, 1)], [(1, 1)], [(2, 1), (2, 2)], [(3, 1), (2, 2)], [(4, 1)]]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sleeps soon sees for itself."""
    monkeypatch.setattr("demandflow.store.sqlite.writer.PATIENCE", 0.01)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sleeps does so until it is woken."""
    monkeypatch.setattr("demandflow.store.sqlite.writer.PATIENCE", 10 * SOON)


@pytest.mark.usefixtures("patient")
def test_who_sleeps_is_woken_once_it_is_written_and_needs_no_lock(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder:
        waiters = Waiters(recorder, APPENDS)
        outcomes = waiters.go_on()
        assert waiters.turns.taken == 1
        holds_the_law(recorder, APPENDS, outcomes)


@pytest.mark.usefixtures("patient")
def test_who_is_written_before_it_sleeps_does_not_sleep(tmp_path: Path) -> None:
    class Taking(deque[Any]):
        def __bool__(self) -> bool:
            return True

        def append(self, item: Any) -> None:
            item.commit, item.last = _Commit(), 7
            item.commit.stored = True

    with recorder_in(tmp_path) as recorder:
        recorder._writer._waiting = Taking()
        began = monotonic()
        assert recorder.append(rows_of(1, [(1, 1)])) == 7
        assert monotonic() - began < SOON


@pytest.mark.usefixtures("impatient")
def test_who_leads_and_is_interrupted_anywhere_takes_nobody_along() -> None:
    everybody, leader = [*APPENDS, [(1, 1), (5, 1)]], len(APPENDS)
    for moment in count(1):
        with TemporaryDirectory() as folder, recorder_in(folder) as recorder:
            waiters = Waiters(recorder, APPENDS)
            waiters.turns.let(get_ident())
            answer = interrupted(partial(recorder.append, rows_of(leader, everybody[leader])), moment)
            came = isinstance(answer, Interrupted)
            assert not recorder._writer.connection.in_transaction
            outcomes = waiters.go_on()
            assert not told(outcomes, Interrupted), "who was not interrupted is not told so"
            if came and leader in stored(recorder):  # though the answer was lost
                ((answer,),) = recorder.rows("SELECT MAX(rowid) FROM stored_events WHERE state = ?", (b"%d" % leader,))
            holds_the_law(recorder, everybody, outcomes | {leader: answer})
        if not came:
            break
    assert moment > 20


@pytest.mark.usefixtures("impatient")
def test_who_waits_and_is_interrupted_anywhere_is_stored_by_then_or_never() -> None:
    for moment in count(1):
        with TemporaryDirectory() as folder, recorder_in(folder) as recorder:
            waiters, answers = Waiters(recorder, APPENDS), list[object]()
            waiters.turns.let(get_ident())

            def append(recorder: SQLiteRecorder = recorder, moment: int = moment, answers: Any = answers) -> None:
                answer = interrupted(partial(recorder.append, rows_of(9, [(9, 9)])), moment)
                answers.extend([answer, 9 in stored(recorder)])

            thread = Thread(target=append)
            thread.start()
            until(lambda: bool(answers) or len(recorder._writer._waiting) > len(APPENDS))  # noqa: B023
            recorder.append(rows_of(8, [(8, 8)]))
            waiters.go_on()
            thread.join(SOON)
            answer, there = answers
            assert there == (9 in stored(recorder)), "it is recorded when nobody waits for it any more"
            assert isinstance(answer, Interrupted) or (isinstance(answer, int) and there)
        if isinstance(answer, int):
            break
    assert moment > 3


@contextmanager
def signals() -> Iterator[Callable[[], object]]:
    """Interrupts the main thread, as Ctrl-C does."""

    def raise_it(number: int, frame: FrameType | None) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGALRM, raise_it)
    try:
        yield lambda: signal.pthread_kill(main_thread().ident or 0, signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)


@contextmanager
def held(recorder: SQLiteRecorder, until_so: Callable[[], bool], then: Callable[[], object]) -> Iterator[Event]:
    """The lock is held by another thread, which does something when it is so; set the event to have it given back."""
    give_back, writer = Event(), recorder._writer

    def hold() -> None:
        with writer.lock:
            until(until_so)
            sleep(0.01)
            then()
            assert give_back.wait(SOON)

    holder = Thread(target=hold)
    holder.start()
    until(writer.lock.locked)
    yield give_back
    holder.join(SOON)


@pytest.mark.usefixtures("impatient")
def test_who_is_first_and_interrupted_is_taken_back_and_holds_nobody_back(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder, signals() as interrupt:
        waiting, answers = recorder._writer._waiting, list[object]()

        def append() -> None:
            until(lambda: len(waiting) == 1)
            answers.append(outcome(partial(recorder.append, rows_of(2, [(1, 1)]))))

        second = Thread(target=append)
        second.start()
        with held(recorder, lambda: len(waiting) == 2, interrupt) as give_back:
            with pytest.raises(Interrupted):
                recorder.append(rows_of(1, [(1, 1)]))
            assert len(waiting) == 1
            give_back.set()
        second.join(SOON)
        assert isinstance(answers[0], int)
        assert stored(recorder) == {2: [(1, 1)]}


@pytest.mark.usefixtures("patient")
def test_who_sleeps_and_is_interrupted_is_taken_back(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder, signals() as interrupt:
        waiting, answers = recorder._writer._waiting, list[object]()
        first = Thread(target=lambda: answers.append(outcome(partial(recorder.append, rows_of(1, [(1, 1)])))))
        with held(recorder, lambda: len(waiting) == 2, interrupt) as give_back:
            first.start()
            until(lambda: len(waiting) == 1)
            with pytest.raises(Interrupted):
                recorder.append(rows_of(2, [(1, 1)]))
            assert len(waiting) == 1
            give_back.set()
        first.join(SOON)
        assert isinstance(answers[0], int)
        assert stored(recorder) == {1: [(1, 1)]}


@pytest.mark.usefixtures("patient")
def test_a_signal_while_somebody_writes_it_comes_out_once_it_is_written(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder, signals() as interrupt:
        waiters = Waiters(recorder, [[(1, 1)]])
        waiting, turns, main = recorder._writer._waiting, waiters.turns, get_ident()

        def others() -> None:
            with closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")  # so that who leads waits, with all the rows in its hands
                until(lambda: len(waiting) == 2)
                turns.let(waiters.threads[0].ident)
                until(lambda: not waiting)
                interrupt()
                sleep(0.05)
                turns.let(main)
                other.execute("ROLLBACK")

        thread = Thread(target=others)
        thread.start()
        with pytest.raises(Interrupted):
            recorder.append(rows_of(9, [(9, 9)]))
        assert 9 in stored(recorder)
        thread.join(SOON)
        assert told(waiters.go_on(), int) == [0]


def test_signals_at_any_time_among_other_threads(tmp_path: Path) -> None:
    numbers, outcomes, over = count(), dict[int, object](), Event()
    appends: list[Keys] = [[(number % 5, number // 7), (9, number)] for number in range(20_000)]

    def append() -> None:
        number = next(numbers)
        outcomes[number] = Interrupted()
        outcomes[number] = outcome(partial(recorder.append, rows_of(number, appends[number])))

    def work() -> None:
        while not over.is_set():
            append()

    with recorder_in(tmp_path) as recorder, signals() as interrupt, ThreadPoolExecutor(3) as pool:
        others = [pool.submit(work) for _ in range(3)]
        try:
            for step in range(200):
                timer = Timer(step % 20 * 0.0002, interrupt)
                try:
                    timer.start()
                    append()
                    timer.join()
                except Interrupted:
                    timer.join()
        finally:
            over.set()
        for other in others:
            other.result(SOON)
        there = stored(recorder)
        for number in told(outcomes, Interrupted):  # each is stored wholly or not at all
            outcomes[number] = len(there[number]) if number in there else sqlite3.IntegrityError()
        assert sorted(there) == told(outcomes, int)
        assert all(sorted(there[number]) == sorted(appends[number]) for number in there)
        assert not recorder._writer.connection.in_transaction
        assert isinstance(recorder.append(rows_of(20_000, [(77, 1)])), int)
        assert not recorder._writer._waiting


def test_an_append_that_is_taken_back_while_it_is_looked_for_holds_nobody_back(tmp_path: Path) -> None:
    class Vanishing(deque[Any]):
        def __bool__(self) -> bool:
            return True

        def popleft(self) -> Any:
            self.clear()
            return super().popleft()

    with recorder_in(tmp_path) as recorder:
        recorder._writer._waiting = Vanishing()
        assert recorder.append(rows_of(1, [(1, 1)])) == 2


def test_where_the_storage_fails_all_who_share_the_commit_are_told_and_none_is_stored(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder:
        recorder._writer.connection.execute("PRAGMA max_page_count=10")
        appends: list[Keys] = [[(demand, version) for version in range(400)] for demand in range(1, 5)]
        outcomes = Waiters(recorder, appends).go_on()
        assert {type(answer) for answer in outcomes.values()} == {sqlite3.OperationalError}
        assert all("full" in str(answer) for answer in outcomes.values())
        assert len({id(answer) for answer in outcomes.values()}) == len(appends), "each has an error of its own"
        assert stored(recorder) == {}
        recorder._writer.connection.execute("PRAGMA max_page_count=10000")
        holds_the_law(recorder, appends, Waiters(recorder, appends).go_on())


def test_a_row_that_sqlite_cannot_hold_is_the_error_of_its_append_alone(tmp_path: Path) -> None:
    with recorder_in(tmp_path) as recorder:
        appends: list[Keys] = [[(1, 1)], [(2, 1), (2, 2**63)], [(3, 1)], [(4, 2**63)]]
        outcomes = Waiters(recorder, appends).go_on()
        assert told(outcomes, OverflowError) == [1, 3]
        assert sorted(stored(recorder)) == told(outcomes, int) == [0, 2]
        assert isinstance(outcome(lambda: recorder.append(rows_of(5, appends[1]))), OverflowError)


def test_a_storage_that_others_hold_is_waited_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demandflow.store.sqlite.writer.BUSY_SECONDS", 0.2)
    with (
        recorder_in(tmp_path) as recorder,
        closing(sqlite3.connect(tmp_path / "log.db", isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        waiters = Waiters(recorder, [[(demand, 1)] for demand in range(1, 9)])
        began = monotonic()
        outcomes = waiters.go_on()
        assert monotonic() - began < 4 * 0.2
        assert {type(answer) for answer in outcomes.values()} == {sqlite3.OperationalError}
