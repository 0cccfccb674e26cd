"""What is no log is not taken for an empty one, and a log is not made where somebody only asks for one."""

from __future__ import annotations

import gc
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from demandflow import DemandFlow, DemandFlowError, InvalidValue, StorageError
from demandflow.cli.main import main
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.errors import NotALog
from demandflow.store.reader import recorded_events
from demandflow.store.sqlite import files
from tests.paths import ROOT
from tests.stories import CLERK

PLACED: Any = {"channel": "hotline", "place": "fufeng/c1"}
LOOP = str(ROOT / "docs" / "closed-loop.toml")


def opened(path: Path, **how: Any) -> DemandFlow:
    return DemandFlow.open(f"sqlite:///{path}", **how)


def filled(path: Path, demands: int = 3) -> None:
    with opened(path) as flow:
        for number in range(demands):
            flow.register(str(number), by=CLERK, **PLACED)


@pytest.mark.parametrize("create", [True, False])
def test_an_empty_file_is_no_log(tmp_path: Path, create: bool) -> None:
    path = tmp_path / "log.db"
    path.touch()
    with pytest.raises(NotALog, match=r"it is empty \(0 bytes\). Put the log back, or delete the file"):
        opened(path, create=create)
    with pytest.raises(NotALog, match="it is empty"):
        list(recorded_events(f"sqlite:///{path}", STANDARD_FACTS))
    assert path.stat().st_size == 0
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("statement", ["CREATE TABLE theirs (name TEXT)", "CREATE TABLE stored_events (a, b)"])
def test_another_programs_file_is_no_log(tmp_path: Path, create: bool, statement: str) -> None:
    path = tmp_path / "theirs.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    before = path.read_bytes()
    with pytest.raises(NotALog, match=r"holds no log\. Name the file of a log"):
        opened(path, create=create)
    assert path.read_bytes() == before


def test_a_log_that_is_to_be_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "nowhere.db"
    with pytest.raises(InvalidValue, match="there is no such log"):
        opened(path, create=False)
    for command in (
        ["follow", f"sqlite:///{path}", "--policies", "demandflow.policies:ESCALATE", "--once"],
        ["workflow", "replay-check", f"sqlite:///{path}", LOOP],
        ["workflow", "what-if", f"sqlite:///{path}", LOOP],
    ):
        assert main(command) == 2
        assert capsys.readouterr().out == ""
    with pytest.raises(InvalidValue, match="memory: is always a new log"):
        DemandFlow.open("memory:", create=False)
    assert list(tmp_path.iterdir()) == []
    filled(path)
    with opened(path, create=False) as flow:
        assert flow.figures().count("received") == 3


def test_the_copy_of_a_file_in_use_is_not_taken_for_an_empty_log(tmp_path: Path) -> None:
    path, copy = tmp_path / "log.db", tmp_path / "copy.db"
    with opened(path) as flow:
        for number in range(3):
            flow.register(str(number), by=CLERK, **PLACED)
        shutil.copy(path, copy)
        for create in (True, False):
            with pytest.raises(NotALog, match="It was copied while it was in use: copy it again with VACUUM INTO"):
                opened(copy, create=create)
        with pytest.raises(NotALog, match="copied while it was in use"):
            list(recorded_events(f"sqlite:///{copy}", STANDARD_FACTS))
        shutil.copy(f"{path}-wal", f"{copy}-wal")
        with opened(copy) as whole:
            assert whole.figures().count("received") == 3
    shutil.copy(path, tmp_path / "closed.db")
    with opened(tmp_path / "closed.db") as flow:
        assert flow.figures().count("received") == 3


def test_a_log_in_use_is_copied_as_the_docs_say(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with opened(path) as flow:
        first = flow.register("a", by=CLERK, **PLACED).id
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(tmp_path / "vacuumed.db"),))
            with closing(sqlite3.connect(tmp_path / "backup.db")) as target:
                connection.backup(target)
        flow.note(first, "b", by=CLERK)
    for name in ("vacuumed.db", "backup.db"):
        with opened(tmp_path / name, create=False) as flow:
            assert flow.verify().ok
            assert flow.figures().count("received") == 1
            assert flow.note(first, "c", by=CLERK).version == 2


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_new_log_without_events_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    for _ in range(2):
        with opened(path) as flow:
            assert flow.figures().count("received") == 0
    flow = opened(path)
    del flow
    gc.collect()  # as a process that ends without closing it
    filled(path)
    with opened(path) as flow:
        assert flow.figures().count("received") == 3


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.db"

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("demandflow.store.sqlite.files.appear", killed)
    with pytest.raises(KeyboardInterrupt):
        opened(path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()

    def no_links(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.link", no_links)
    filled(path)
    assert [file.name for file in tmp_path.iterdir()] == ["log.db"]
    filled(path)


def test_many_open_a_new_log_at_once(tmp_path: Path) -> None:
    path, errors, ready = tmp_path / "log.db", [], threading.Barrier(6)

    def register(number: int) -> None:
        try:
            ready.wait()
            with opened(path) as flow:
                flow.register(str(number), by=CLERK, **PLACED)
        except DemandFlowError as error:
            errors.append(error)

    threads = [threading.Thread(target=register, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with opened(path) as flow:
        assert flow.figures().count("received") == 6
        assert flow.verify().ok


def test_processes_open_close_and_write_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from demandflow import DemandFlow, Actor\n"
        "for n in range(8):\n"
        "    with DemandFlow.open(sys.argv[1]) as flow:\n"
        "        flow.register(str(n), channel='h', place='p', by=Actor('li', 'grid_administrator'))"
    )
    url = f"sqlite:///{tmp_path / 'log.db'}"
    started = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[1] for process in started] == [""] * 3
    with DemandFlow.open(url) as flow:
        assert flow.figures().count("received") == 24
        assert flow.verify().ok


@pytest.mark.parametrize("name", ["a" * 300, "\ud800", "b" * 5000])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises((InvalidValue, StorageError)):
        opened(tmp_path / f"{name}.db")
    with pytest.raises((InvalidValue, StorageError)):
        opened(tmp_path / f"{name}.db", create=False)


def test_what_is_accepted_after_somebody_else_closed_the_log_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    code = (
        "import sys; from demandflow import Actor, DemandFlow\n"
        "with DemandFlow.open(sys.argv[1]) as flow:\n"
        "    flow.register('b', channel='h', place='p', by=Actor('li', 'grid_administrator'))"
    )
    with opened(path) as flow:
        first = flow.register("a", by=CLERK, **PLACED).id
        # to look at a file in use takes its locks from this process, if it is done carelessly
        with opened(path):
            list(recorded_events(f"sqlite:///{path}", STANDARD_FACTS))
            subprocess.run([sys.executable, "-c", code, f"sqlite:///{path}"], check=True)
            flow.note(first, "c", by=CLERK)
            assert flow.figures().count("received") == 2
    with opened(path) as flow:
        assert flow.demand(first).version == 2


def test_a_log_whose_first_event_could_not_be_stored_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    for _ in range(2):
        with opened(path) as flow:
            flow._log._recorder._writer.make_ready()  # type: ignore[attr-defined]
    with opened(path) as flow:
        assert flow.figures().count("received") == 0


def test_a_log_in_use_is_not_taken_for_a_copy_while_its_first_event_is_recorded(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    with opened(path) as flow:
        flow._log._recorder._writer.make_ready()  # type: ignore[attr-defined]
        assert flow.figures().count("received") == 0
        files.wal_of(path).unlink()  # as if it were not there yet
        for writing in (True, False):
            files.check(str(path), writing=writing)
