"""`demandflow follow URL`: a service that lets the policies act until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from types import FrameType, FunctionType
from typing import Any

from demandflow.application import DemandFlow
from demandflow.automation.follower import follow
from demandflow.errors import InvalidValue
from demandflow.recording.ids import utc_now
from demandflow.workflow_files.sources import Sources

STOPS = (signal.SIGINT, signal.SIGTERM)


def add_follow(topics: Any) -> None:
    """Put the command among the others."""
    says = "let the policies act on a log, again and again, until a signal (SIGINT, SIGTERM) says stop"
    made = topics.add_parser("follow", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_follow)
    named, file = "module:NAME", "a .toml or .json file, package.module:NAME or path/to/file.py:NAME"
    made.add_argument("url", metavar="URL", help="the log: sqlite:///path or postgresql://…")
    made.add_argument("--policies", required=True, metavar=named, help="policies, or a function that makes them")
    made.add_argument(
        "--workflow",
        action="append",
        metavar="FILE",
        help=f"{file} (else the published versions of closed-loop); may be repeated",
    )
    made.add_argument("--vocabulary", metavar=named, help="a community's own names for facts, rules and calendars")
    made.add_argument("--notify", metavar=named, help="a function that is given each notice, at least once")
    made.add_argument("--every", type=float, default=5.0, metavar="SECONDS", help="how often to look (else 5)")
    made.add_argument("--zone", help="the community's time zone, if it is to be checked (else that of the log)")
    made.add_argument("--tenant", help="whose log it is, if it says so")
    made.add_argument("--once", action="store_true", help="run once and end")


def _follow(arguments: argparse.Namespace) -> int:
    sources = Sources(arguments.vocabulary)
    options: dict[str, Any] = {"create": False, "zone": arguments.zone, "tenant": arguments.tenant}
    options["policies"] = _several(sources.named(arguments.policies))
    if arguments.workflow:
        options["workflows"] = [sources.workflow(file) for file in arguments.workflow]
    notify = None if arguments.notify is None else sources.named(arguments.notify)
    if notify is not None and not callable(notify):
        raise InvalidValue("notify", f"{arguments.notify} is no function of a Notice")
    if not 0 < arguments.every <= 86_400:
        raise InvalidValue(
            "every", f"must be a number of seconds, more than 0 and at most a day, got {arguments.every}"
        )
    with stopped_by_signals() as stop, DemandFlow.open(arguments.url, **options) as flow:
        if arguments.once:
            _tell(flow.run_policies(notify=notify, stop=stop.is_set))
        else:
            _tell(f"following {arguments.url}: {', '.join(policy.name for policy in flow.policies)}")
            reacted = follow(flow, stop, every=timedelta(seconds=arguments.every), notify=notify, tell=_tell)
            _tell(f"stopped; {reacted} reactions recorded")
    return 0


@contextmanager
def stopped_by_signals() -> Iterator[Event]:
    """An event that is set when a signal asks the process to end; a second signal ends it at once."""
    stop = Event()

    def handle(number: int, frame: FrameType | None) -> None:
        # the main thread may hold the event's lock while it waits, so another thread sets it
        Thread(target=stop.set).start()
        signal.signal(number, signal.SIG_DFL)

    before = {number: signal.signal(number, handle) for number in STOPS}
    try:
        yield stop
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _tell(what: object) -> None:
    message = f"{type(what).__name__}: {what}" if isinstance(what, Exception) else str(what)
    sys.stdout.write(f"{utc_now():%Y-%m-%d %H:%M:%S} {message}\n")
    sys.stdout.flush()


def _several(policies: Any) -> tuple[Any, ...]:
    """One policy or several, or those that a function makes."""
    policies = policies() if isinstance(policies, FunctionType) else policies
    return tuple(policies) if isinstance(policies, list | tuple) else (policies,)
