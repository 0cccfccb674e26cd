"""A log written to a file that any log can be loaded from."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from demandflow.errors import HistoryIncomplete, StorageError
from demandflow.exchange.cloud_events import cloud_event, is_ours
from demandflow.exchange.contents import first_line, last_line
from demandflow.exchange.lines import LineWriter, written
from demandflow.exchange.new_files import appearing, new_file
from demandflow.store.following.cursor import PAGE
from demandflow.store.log import Log
from demandflow.store.settings import WITH_KINDS


@dataclass(frozen=True, slots=True)
class Exported:
    """How many events a file has, up to which position of the log, and the checksum of the lines before its last."""

    events: int
    position: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.events} events, up to position {self.position}; sha256 {self.sha256}"


def export_log(url: str, file: str | Path, *, tenant: str | None = None) -> Exported:
    """Write the log to a new file: JSON Lines of CloudEvents 1.0, compressed if its name ends in `.gz`.

    The file appears complete or not at all; what is recorded meanwhile is not in it. Raises InvalidValue, or
    StorageError: among them HistoryIncomplete for missing rows that nobody acknowledged.
    """
    path = new_file(file)
    with closing(Log(url, (), tenant, create=False)) as log:
        return export(log, path)


def export(log: Log, path: Path) -> Exported:
    """Write an open log to this file."""
    if missing := log.missing():
        raise HistoryIncomplete(missing)
    with (
        appearing(path) as draft,
        draft.open("xb") as file,
        written(file, compressed=path.suffix == ".gz") as lines,
    ):
        return _write(log, lines)


def _write(log: Log, lines: LineWriter) -> Exported:
    upto, number, last = log.last_position(), 0, 0
    # read after the end is known: whatever wrote up to there is in it
    about = log.about()
    if log.path is None:  # it keeps no workflows, and so does not know whether there are other kinds of streams
        about = replace(about, settings={**about.settings, "format": str(WITH_KINDS)})
    lines.write(first_line(about, upto))
    while last < upto and (rows := log.raw_page(last, PAGE)):
        for row in rows:
            if row[0] > upto:
                break
            if not is_ours(row):
                raise StorageError(f"position {row[0]} cannot be exported: its id, version, topic or state is no such")
            lines.write(cloud_event(about.id, row))
            number += 1
        last = min(rows[-1][0], upto)
    sha256 = lines.sha256
    lines.write(last_line(about.id, upto, number, sha256))
    return Exported(number, upto, sha256)
