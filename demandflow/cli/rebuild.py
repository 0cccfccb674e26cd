"""`demandflow rebuild URL`: all tables made from the log again, while others go on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from demandflow.cli.verify import check_workflows, opened, say_which_log


def add_rebuild(topics: Any) -> None:
    """Put the command among the others."""
    says = "make all tables from the log again, beside the present ones, which others read until then"
    made = topics.add_parser("rebuild", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_rebuild)
    say_which_log(made)


def _rebuild(options: argparse.Namespace) -> int:
    with opened(options) as flow:
        check_workflows(flow)
        with bar("rebuilding") as progress:
            flow.rebuild(progress)
        sys.stdout.write(f"rebuilt up to position {flow.last_position()}\n")
    return 0


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """What shows the progress as a bar, on a terminal and with rich; else None."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        yield None
        return
    console = Console(stderr=True)
    if not console.is_terminal:
        yield None
        return
    with Progress(console=console) as shown:
        task = shown.add_task(what, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
