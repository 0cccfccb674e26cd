"""A full disk, a file that may not be written, or is held: said in words, nothing recorded, and it goes on."""

from __future__ import annotations

import os
import re
import resource
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import DemandFlow, StorageBusy, StorageError
from tests.profiles import examples
from tests.unit.failures.witness import STEPS, Trouble, Witness

NOBODY = 65534
ROOM, RIGHT, DISK = "make room on the disk", "must be allowed to write the file and its folder", "look at the disk"


def connections(flow: DemandFlow) -> tuple[Any, Any]:
    """That which writes the log, and that of the figures."""
    return flow._log._recorder._writer.connection, flow._projector._connection  # type: ignore[attr-defined]


@contextmanager
def said(flow: DemandFlow, pragma: str, otherwise: str) -> Iterator[None]:
    """With this said to both connections, and in the end something else."""
    for connection in connections(flow):
        connection.execute(f"PRAGMA {pragma}")
    try:
        yield
    finally:
        for connection in connections(flow):
            connection.execute(f"PRAGMA {otherwise}")


@contextmanager
def full(flow: DemandFlow) -> Iterator[None]:
    """The file has no page more than now."""
    ((pages,),) = connections(flow)[0].execute("PRAGMA page_count").fetchall()
    with said(flow, f"max_page_count={pages}", "max_page_count=1073741823"):
        yield


@contextmanager
def broken_off(flow: DemandFlow) -> Iterator[None]:
    """Files of this process end soon after where the write-ahead file does now, in the middle of a page."""
    path = Path(f"{flow._log.path}-wal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((path.stat().st_size if path.exists() else 0) + 7_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(flow: DemandFlow) -> Iterator[None]:
    """Nothing may be written."""
    with said(flow, "query_only=1", "query_only=0"):
        yield


@contextmanager
def held(flow: DemandFlow) -> Iterator[None]:
    """Somebody else writes for longer than anybody waits."""
    with said(flow, "busy_timeout=20", "busy_timeout=5000"), closing(_connected(flow)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


def _connected(flow: DemandFlow) -> sqlite3.Connection:
    return sqlite3.connect(str(flow._log.path), isolation_level=None)


TROUBLES: list[tuple[Trouble, str]] = [
    (full, f"nothing was recorded: {ROOM}"),
    (broken_off, f"{DISK}|{ROOM}"),
    (read_only, f"nothing was recorded: this process {RIGHT}"),
    (held, "held by somebody else .* try again"),
]


@pytest.mark.parametrize(("trouble", "says"), TROUBLES, ids=[trouble.__name__ for trouble, _ in TROUBLES])
@settings(max_examples=examples(50))
@given(steps=st.lists(st.sampled_from(STEPS), max_size=12))
def test_whatever_is_done_while_a_file_fails_it_is_said_and_goes_on(
    steps: list[str], trouble: Trouble, says: str
) -> None:
    with TemporaryDirectory() as folder, DemandFlow.open(f"sqlite:///{folder}/flow.db") as flow:
        witness = Witness(flow)
        witness.lives(steps, trouble, says)
        assert not any(connection.in_transaction for connection in connections(flow))


@pytest.mark.parametrize(("trouble", "says"), TROUBLES, ids=[trouble.__name__ for trouble, _ in TROUBLES])
def test_what_fails_is_said_to_whoever_records_and_to_whoever_asks(tmp_path: Path, trouble: Trouble, says: str) -> None:
    with DemandFlow.open(f"sqlite:///{tmp_path / 'flow.db'}") as flow:
        witness = Witness(flow)
        with trouble(flow):
            refused = [error for _ in range(9) if (error := witness.does("register")) is not None]
            assert refused
            assert isinstance(refused[0], StorageBusy) == (trouble is held)
        with trouble(flow):
            for _ in range(9):
                witness.does("register")
            refused += [error for _ in range(9) if (error := witness.does("figures")) is not None]
        assert all(re.search(says, str(error)) for error in refused)
        witness.goes_on()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk with room for 400 kB; only where it may be made."""
    with TemporaryDirectory() as folder:
        try:
            subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", folder], check=True, capture_output=True
            )
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("a disk cannot be made here")
        yield Path(folder)
        subprocess.run(["umount", folder], check=True)


def test_a_disk_that_is_full_is_said_and_with_room_again_it_goes_on(small_disk: Path) -> None:
    with DemandFlow.open(f"sqlite:///{small_disk / 'flow.db'}") as flow:
        witness = Witness(flow)
        for _ in range(200):
            if (error := witness.does("register")) is not None:
                break
        assert error is not None
        assert ROOM in str(error)
        asked = witness.does("figures")
        assert asked is None or re.search(f"{ROOM}|{DISK}", str(asked))
        with pytest.raises(StorageError, match=ROOM):
            DemandFlow.open(f"sqlite:///{small_disk / 'another.db'}")
        subprocess.run(["mount", "-o", "remount,size=20m", small_disk], check=True)
        witness.goes_on()


@contextmanager
def somebody_without_rights() -> Iterator[None]:
    """This process, as somebody who is not root."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_only_be_read_is_not_opened_and_says_what_is_needed() -> None:
    with TemporaryDirectory() as folder:
        path, url = Path(folder) / "flow.db", f"sqlite:///{folder}/flow.db"
        with DemandFlow.open(url) as flow:
            Witness(flow)
        for file, beside in ((0o444, 0o777), (0o666, 0o555), (0o444, 0o555)):
            path.chmod(file)
            Path(folder).chmod(beside)
            with somebody_without_rights(), pytest.raises(StorageError, match=RIGHT):
                DemandFlow.open(url)
        with somebody_without_rights(), pytest.raises(StorageError, match=RIGHT):
            DemandFlow.open(f"sqlite:///{folder}/another.db")
        Path(folder).chmod(0o777)
        path.chmod(0o666)
        with DemandFlow.open(url, create=False) as flow:
            assert flow.figures().count("received") == 1
            assert flow.verify().ok
