"""The importer: every row of a file is recorded, unchanged, changed or refused, and the report adds up."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic
from typing import IO

from demandflow.application import DemandFlow
from demandflow.batches import Rejected, each
from demandflow.errors import InvalidValue, listed
from demandflow.importing.mapping import RowMapping
from demandflow.importing.report import Counts, Progress, Report
from demandflow.importing.rows import RowImporter
from demandflow.importing.sheet import RefusedFile, Sheet

SHEETS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")


def import_file(
    flow: DemandFlow,
    file: str | Path,
    mapping: RowMapping,
    *,
    refused: str | Path | None = None,
    correct: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Bring the rows of a CSV or TSV file in (packed by gzip or not); each row is one save or none.

    What a row says is entered with its own times, however long ago (see `batch(backdating=True)`). A row that cannot be
    recorded is refused, with its reason, and kept unchanged in the file `refused` (if one is named), which can be
    imported once the rows are mended; what an earlier import left there is kept as `refused.1`. A row whose demand is
    known and says the same changes nothing; its new steps are recorded; one that says something else is reported as
    changed, and with `correct`, the fields that a correction may replace are corrected. Raises InvalidValue for a file
    that cannot be read or lacks columns; nothing is recorded then. Where a file cannot be read any further, that is
    reported as its last row.
    """
    path, kept = Path(file), None if refused is None else Path(refused)
    if kept is not None and kept.resolve() == path.resolve():
        raise InvalidValue("refused", f"{path.name} is the file that is read; name another")
    mapping.check_against(flow.workflows)
    counts, began = Counts(), monotonic()
    with ExitStack() as stack:
        sheet = stack.enter_context(Sheet.open(path, mapping))
        out = None if kept is None else RefusedFile(sheet, stack.enter_context(_opened(kept)))
        rows = RowImporter(mapping, sheet.header, correct)
        for answers in each(partial(flow.batch, backdating=True), sheet.rows(), rows.record):
            for answer in answers:
                if isinstance(answer, Rejected):
                    line, reason = answer.item, rows.reason(answer)
                    counts.refuse(line.number, line.raw, reason)
                    if out is not None:
                        out.add(line, reason)
                else:
                    counts.add(answer)
            if progress is not None:
                progress(_progress(counts.read, sheet, monotonic() - began))
    return counts.report(path.name)


def import_files(
    flow: DemandFlow,
    files: Iterable[str | Path],
    mapping: RowMapping,
    *,
    refused: str | Path | None = None,
    correct: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> tuple[Report, ...]:
    """Bring several files in, one after the other, or all CSV and TSV files of a folder; one report a file.

    `refused` is a folder here: what is refused of `a.csv` is kept there as `a.csv.refused`. A file that cannot be read
    raises InvalidValue before anything of it is recorded; those before it have been.
    """
    paths = _files(files)
    folder = None if refused is None else Path(refused)
    names = [path.name for path in paths]
    if folder is not None and (twice := sorted({name for name in names if names.count(name) > 1})):
        raise InvalidValue("refused", f"several files are called {listed(twice)}; bring them in one by one")
    reports = []
    for path in paths:
        kept = None if folder is None else folder / f"{path.name}.refused"
        reports.append(import_file(flow, path, mapping, refused=kept, correct=correct, progress=progress))
    return tuple(reports)


def _opened(kept: Path) -> IO[bytes]:
    """The file for refused rows; what an earlier import left there is kept beside it."""
    try:
        if kept.exists() and kept.read_bytes().strip().count(b"\n"):
            number = next(number for number in count(1) if not kept.with_name(f"{kept.name}.{number}").exists())
            kept.rename(kept.with_name(f"{kept.name}.{number}"))
        return kept.open("wb")
    except OSError as problem:
        raise InvalidValue("refused", f"{kept.name} cannot be written: {problem}") from problem


def _files(files: Iterable[str | Path]) -> list[Path]:
    paths: list[Path] = []
    for path in map(Path, [files] if isinstance(files, str | Path) else files):
        inside = (
            sorted(file for file in path.iterdir() if file.name.lower().endswith(SHEETS)) if path.is_dir() else [path]
        )
        if not inside:
            raise InvalidValue("files", f"{path.name} holds no file that ends in {listed(SHEETS)}")
        paths += inside
    return paths


def _progress(rows: int, sheet: Sheet, seconds: float) -> Progress:
    share = min(1.0, sheet.done / sheet.size) if sheet.size else 1.0
    left = seconds / share - seconds if share else 0.0
    return Progress(rows, rows / seconds if seconds else 0.0, share, left)
