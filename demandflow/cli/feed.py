"""`demandflow feed URL`: what was recorded, as CloudEvents, one a line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from threading import Event
from typing import Any

from demandflow.cli.follow import stopped_by_signals
from demandflow.errors import InvalidValue
from demandflow.exchange.cloud_events import cloud_event
from demandflow.store.following.cursor import PAGE
from demandflow.store.following.feed import LAST_POSITION, check_reached, followed
from demandflow.store.log import Log
from demandflow.store.statements import NumberedRow


def add_feed(topics: Any) -> None:
    """Put the command among the others."""
    says = "what was recorded, in order, as CloudEvents 1.0 in JSON, one a line; each has its position in the log"
    made = topics.add_parser("feed", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_feed)
    made.add_argument("url", metavar="URL", help="the log: sqlite:///path or postgresql://…")
    made.add_argument("--after", type=int, default=0, metavar="N", help="the position of the last event known (else 0)")
    made.add_argument("--limit", type=int, metavar="N", help="end after so many events")
    made.add_argument("--follow", action="store_true", help="go on until a signal (SIGINT, SIGTERM) says stop")
    made.add_argument("--tenant", help="whose log it is, if it says so")


def _feed(options: argparse.Namespace) -> int:
    for name, least in (("after", 0), ("limit", 1)):
        given = getattr(options, name)
        if given is not None and not least <= given <= LAST_POSITION:
            raise InvalidValue(name, f"must be a whole number from {least}, got {given}")
    numbers = count(1) if options.limit is None else range(1, options.limit + 1)
    log = Log(options.url, (), options.tenant, create=False)
    with closing(log), stopped_by_signals() as stop:

        def read(after: int) -> list[NumberedRow]:
            rows = log.raw_page(after, PAGE)
            if not rows:
                check_reached(log, after)
                sys.stdout.flush()
            return rows

        rows = followed(log, read, options.after, stop) if options.follow else _there(read, options.after, stop)
        for _, row in zip(numbers, rows, strict=False):
            sys.stdout.buffer.write(cloud_event(log.id, row) + b"\n")
            if options.follow:
                sys.stdout.buffer.flush()
    return 0


def _there(read: Callable[[int], list[NumberedRow]], after: int, stop: Event) -> Iterator[NumberedRow]:
    """What is there after a position."""
    while not stop.is_set() and (rows := read(after)):
        yield from rows
        after = rows[-1][0]
