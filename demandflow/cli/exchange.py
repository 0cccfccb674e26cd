"""`demandflow export`, `load` and `backup`: a whole log to a file, and from it into another log."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from demandflow.exchange import backup_log, export_log, load_log


def add_exchange(topics: Any) -> None:
    """Put the commands among the others."""
    says = "write the whole log to a new file, as CloudEvents with count and checksum; compressed if it ends in .gz"
    made = topics.add_parser("export", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_export)
    made.add_argument("url", metavar="URL", help="the log: sqlite:///path or postgresql://…")
    made.add_argument("file", metavar="FILE", help="the file, which must not be there yet")
    made.add_argument("--tenant", help="whose log it is, if it says so")
    says = "make the log that a file was exported from, or add what it has more; loading twice changes nothing"
    made = topics.add_parser("load", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_load)
    made.add_argument("file", metavar="FILE", help="a file made by export")
    made.add_argument("url", metavar="URL", help="the log: sqlite:///path or postgresql://…, made if it is not there")
    says = (
        "copy the file of a log that is in use, as it is at one moment, to a new file that can be opened in its place"
    )
    made = topics.add_parser("backup", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_backup)
    made.add_argument("url", metavar="URL", help="the log: sqlite:///path or postgresql://…")
    made.add_argument("file", metavar="FILE", help="the file, which must not be there yet")


def _export(options: argparse.Namespace) -> int:
    exported = export_log(options.url, options.file, tenant=options.tenant)
    sys.stdout.write(f"exported {exported}\n")
    return 0


def _load(options: argparse.Namespace) -> int:
    loaded = load_log(options.file, options.url)
    sys.stdout.write(f"loaded {loaded}\n")
    return 0


def _backup(options: argparse.Namespace) -> int:
    backed_up = backup_log(options.url, options.file)
    sys.stdout.write(f"backed up {backed_up}\n")
    return 0
