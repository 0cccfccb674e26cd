"""What is in an exported file: a line about the log, a line for each event, and a line with count and checksum."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from msgspec import UNSET, MsgspecError, Raw, Struct
from msgspec.json import Decoder

from demandflow.errors import HistoryIncomplete, StorageError, UnknownFormat, brief
from demandflow.exchange.cloud_events import JSON, CloudEvent, encode, source_of
from demandflow.exchange.lines import CheckedLine, DamagedFile, read
from demandflow.inputs.arguments import zone_of
from demandflow.store.holes import POSITIONS, Hole, decided, without
from demandflow.store.raw_rows import AboutLog
from demandflow.store.settings import FORMAT, WITH_KINDS
from demandflow.store.statements import NumberedRow

EXPORT = 1
"""The number of the format of exported files."""
LOG, END = "demandflow.log", "demandflow.end"
LARGEST = 2**63 - 1


class _Log(Struct, forbid_unknown_fields=True):
    """What the first line says of the log."""

    export: int
    tenant: str | None
    settings: dict[str, str]
    workflows: dict[str, str]
    decisions: list[tuple[str, str, int, int, str, str, str, str | None, str]]


class _End(Struct, forbid_unknown_fields=True):
    """What the last line says of all lines before it."""

    events: int
    sha256: str


_event, _log, _end = Decoder(CloudEvent).decode, Decoder(_Log).decode, Decoder(_End).decode
_anything = Decoder().decode


def first_line(about: AboutLog, upto: int) -> bytes:
    """The line about the log, of which the file has the events up to a position."""
    log = _Log(EXPORT, about.tenant, dict(about.settings), dict(about.workflows), list(about.decisions))
    return _line(about.id, LOG, upto, log)


def last_line(log: str, upto: int, events: int, sha256: str) -> bytes:
    """The line with count and checksum of what is before it."""
    return _line(log, END, upto, _End(events, sha256))


def _line(log: str, kind: str, upto: int, data: Struct) -> bytes:
    body = Raw(encode(data))
    return encode(CloudEvent("1.0", f"{kind}/{upto}", source_of(log), kind, datacontenttype=JSON, data=body))


class Contents:
    """The contents of an exported file, read once from its beginning to its end."""

    def __init__(self, path: Path) -> None:
        """Read what it says of the log. Raises DamagedFile, UnknownFormat or StorageError."""
        self._path, self._lines = path, read(path)
        first = next(self._lines, None)
        if first is None:
            raise DamagedFile(str(path), 1, "it is empty")
        self.about, self._known = self._about(first)
        self.events, self.sha256 = 0, ""

    def close(self) -> None:
        """Close the file; doing so twice is harmless."""
        self._lines.close()  # type: ignore[attr-defined]

    def rows(self) -> Iterator[tuple[int, NumberedRow]]:
        """The number of each line, and the row of the log that it has.

        Raises DamagedFile at the first line that is not what it must be, also at the end.
        """
        before, number = 0, 1
        for line in self._lines:
            number = line.number
            event = self._decoded(line)
            if event.type == END and event.subject is UNSET:
                self._finish(line, event)
                return
            row = self._row(line, event)
            gap = [Hole(POSITIONS, before + 1, row[0] - 1)] if row[0] > before + 1 else []
            if row[0] <= before:
                raise self._damaged(line.number, f"position {row[0]} comes after position {before}")
            if missing := [part for hole in gap for part in without(hole, self._known)]:
                raise self._damaged(line.number, str(HistoryIncomplete(tuple(missing)).holes[0]))
            before, self.events = row[0], self.events + 1
            yield line.number, row
        raise self._damaged(number + 1, "the end is missing: the file was cut off")

    def _about(self, line: CheckedLine) -> tuple[AboutLog, list[Hole]]:
        event = self._decoded(line)
        if event.type != LOG or event.data is UNSET:
            raise self._damaged(1, "it does not begin with what it says of its log")
        cannot = "what it says of its log cannot be read"
        try:
            export = _anything(event.data)["export"]
        except (MsgspecError, TypeError, KeyError, IndexError, RecursionError):
            raise self._damaged(1, cannot) from None
        if export != EXPORT:
            raise UnknownFormat(f"export {brief(export)}", f"export {EXPORT}")
        try:
            log = _log(event.data)
            known = [decision.hole for decision in decided(log.decisions)]
            for text in log.workflows.values():
                dict(_anything(text))
            zone_of(log.settings["zone"])
            source = str(UUID(event.source.removeprefix("urn:uuid:")))
        except (MsgspecError, ValueError, TypeError, KeyError, RecursionError, StorageError):
            raise self._damaged(1, cannot) from None
        if (number := log.settings.get("format", "none")) not in (str(FORMAT), str(WITH_KINDS)):
            raise UnknownFormat(number, str(WITH_KINDS))
        return AboutLog(source, log.tenant, log.settings, log.workflows, log.decisions), known

    def _decoded(self, line: CheckedLine) -> CloudEvent:
        try:
            event = _event(line.text)
        except (MsgspecError, RecursionError, UnicodeDecodeError) as error:
            raise self._damaged(line.number, f"it is no CloudEvent ({error})") from None
        if event.specversion != "1.0":
            raise self._damaged(line.number, "it is no CloudEvent of version 1.0")
        return event

    def _row(self, line: CheckedLine, event: CloudEvent) -> NumberedRow:
        position, version, subject = event.position, event.version, event.subject
        try:
            demand = UUID(str(subject))
        except ValueError:
            raise self._damaged(line.number, "its subject is no id of a demand") from None
        if event.source != source_of(self.about.id):
            raise self._damaged(line.number, f"it is of another log: {event.source}")
        numbers = isinstance(position, int) and isinstance(version, int) and 0 < version <= LARGEST
        if not numbers or position > LARGEST or event.id != f"{demand}/{version}" or not event.type:  # type: ignore[operator]
            raise self._damaged(line.number, "it is no event of a log")
        if (event.data is UNSET) is (event.data_base64 is UNSET):
            raise self._damaged(line.number, "it has no data, or twice")
        state = event.data_base64 if event.data is UNSET else bytes(event.data)
        return position, demand.hex, version, event.type, state  # type: ignore[return-value]

    def _finish(self, line: CheckedLine, event: CloudEvent) -> None:
        """Hold count and checksum against what was read, and see that nothing comes after them."""
        try:
            end = _end(b"" if event.data is UNSET else event.data)
        except MsgspecError:
            raise self._damaged(line.number, "its end cannot be read") from None
        if (end.events, end.sha256) != (self.events, line.sha256):
            problem = f"it should have {end.events} events and the checksum {end.sha256}"
            raise self._damaged(line.number, f"{problem}, and has {self.events} and {line.sha256}")
        for more in self._lines:
            raise self._damaged(more.number, "something comes after its end")
        self.sha256 = end.sha256

    def _damaged(self, line: int, problem: str) -> DamagedFile:
        return DamagedFile(str(self._path), line, problem)
