"""`demandflow verify URL`: whether a log is whole, and all that is made from it is what it should be."""

from __future__ import annotations

import argparse
import sys
import warnings
from typing import Any

from demandflow.analysis.verifying import verify
from demandflow.application import DemandFlow, published
from demandflow.calendars.ends import CalendarEnds
from demandflow.errors import InvalidValue, listed
from demandflow.workflow_files.sources import Sources


def add_verify(topics: Any) -> None:
    """Put the command among the others."""
    says = "read every event of a log, make its tables again beside the present ones, and say what is wrong"
    made = topics.add_parser("verify", help=says, description=says, allow_abbrev=False)
    made.set_defaults(run=_verify)
    say_which_log(made)


def say_which_log(made: Any) -> None:
    """Take the arguments that say which log it is, and what is to be known of it."""
    made.add_argument("url", metavar="URL", help="the log: sqlite:///path or postgresql://…")
    made.add_argument(
        "--workflow",
        action="append",
        metavar="FILE",
        help="a .toml or .json file, package.module:NAME or path/to/file.py:NAME "
        "(else the published versions of closed-loop); may be repeated",
    )
    made.add_argument("--vocabulary", metavar="module:NAME", help="a community's own names for facts and rules")
    made.add_argument("--tenant", help="whose log it is, if it says so")


def opened(options: argparse.Namespace, *, create: bool = False, **given: Any) -> DemandFlow:
    """The log that they name, which must be there unless it is created."""
    given |= {"create": create, "tenant": options.tenant}
    if options.workflow:
        sources = Sources(options.vocabulary)
        given["workflows"] = [sources.workflow(file) for file in options.workflow]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CalendarEnds)
        return DemandFlow.open(options.url, **given)


def check_workflows(flow: DemandFlow) -> None:
    """Raises InvalidValue if the log has workflows that were not given: tables would be made without their facts."""
    if unknown := flow._log.workflows.difference(flow.workflows, (workflow.key for workflow in published())):
        problem = f"the log has {listed(sorted(unknown))}, too, and the tables count by what their facts say"
        raise InvalidValue("workflow", f"{problem}; give each by --workflow, or make the tables by flow.rebuild()")


def _verify(options: argparse.Namespace) -> int:
    with opened(options) as flow:
        verified = verify(flow)
    text, encoding = f"{verified}\n", getattr(sys.stdout, "encoding", None) or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    return 0 if verified.ok else 1
