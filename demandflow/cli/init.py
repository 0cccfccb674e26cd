"""`demandflow init URL`: make a log and its tables, once, by whoever may make tables there."""

from __future__ import annotations

import argparse
from typing import Any

from demandflow.cli.verify import check_workflows, opened, say_which_log


def add_init(topics: Any) -> None:
    """Put the command among the others."""
    says = "make a log and its tables, if they are not there; doing so twice is harmless"
    made = topics.add_parser("init", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_init)
    say_which_log(made)
    made.add_argument("--zone", help="the community's time zone (else UTC)")


def _init(options: argparse.Namespace) -> int:
    with opened(options, create=True, zone=options.zone) as flow:
        check_workflows(flow)
        flow.figures()
        print(f"the log is there, its days end in {flow.zone}")  # noqa: T201
    return 0
