"""What is no log is not opened, and stays as it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from demandflow.application import DemandFlow
from demandflow.testing.playing.agreeing import raised, same_answer
from demandflow.testing.playing.places import FILE

NO_URLS = (f"{FILE}{'x' * 300}", f"{FILE}a?b", "file.db", 5)
"""What names no file."""


def no_logs(opened: Callable[..., DemandFlow]) -> None:
    """Try to open an empty file, somebody else's, a folder, and what cannot be. Raises Differs if it is not refused."""
    with TemporaryDirectory(prefix="demandflow-") as place:
        folder = Path(place)
        (empty := folder / "empty.db").touch()
        with closing(sqlite3.connect(foreign := folder / "foreign.db")) as connection:
            connection.execute("CREATE TABLE stored_events (rowid, state)")
        before = foreign.read_bytes()
        for path, want in (
            (empty, "NotALog"),
            (foreign, "NotALog"),
            (folder, "StorageError"),
            (folder / "none" / "a.db", "StorageError"),
        ):
            same_answer(f"opening {path.name}", raised(partial(_open, opened, f"{FILE}{path}")), want)
        for url in NO_URLS:
            same_answer(f"opening {url}", raised(partial(_open, opened, url)), "InvalidValue")
        left = sorted(path.name for path in folder.iterdir())
        same_answer("what is left", (left, foreign.read_bytes()), (["empty.db", "foreign.db"], before))


def _open(opened: Callable[..., DemandFlow], url: object) -> None:
    opened(url).close()
