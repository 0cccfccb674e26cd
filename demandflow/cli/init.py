"""`demandflow init URL`: make a log and its tables, once, by whoever may make tables there."""

from __future__ import annotations

import argparse
from typing import Any

from demandflow.application import DemandFlow


def add_init(topics: Any) -> None:
    """Put the command among the others."""
    says = "make a log and its tables, if they are not there; doing so twice is harmless"
    made = topics.add_parser("init", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_init)
    made.add_argument("url", metavar="URL", help="the log: sqlite:///path or postgresql://…")
    made.add_argument("--zone", help="the community's time zone (else UTC)")
    made.add_argument("--tenant", help="whose log it is")


def _init(arguments: argparse.Namespace) -> int:
    with DemandFlow.open(arguments.url, zone=arguments.zone, tenant=arguments.tenant) as flow:
        flow.figures()
        print(f"the log is there, its days end in {flow.zone}")  # noqa: T201
    return 0
