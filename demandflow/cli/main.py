"""The command line: workflows checked, drawn, compared and tried on what was recorded; policies followed."""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, NoReturn

from demandflow.analysis.comparison import diff
from demandflow.analysis.replay import replay_check
from demandflow.analysis.what_if import what_if
from demandflow.cli.exchange import add_exchange
from demandflow.cli.feed import add_feed
from demandflow.cli.follow import add_follow
from demandflow.cli.init import add_init
from demandflow.cli.rebuild import add_rebuild
from demandflow.cli.verify import add_verify
from demandflow.domain.events import Event
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.workflow import Workflow
from demandflow.errors import Defect, DemandFlowError, InvalidValue, InvalidWorkflow, WorkflowAdvice
from demandflow.store.mapper import facts_by_topic
from demandflow.store.reader import recorded_events
from demandflow.workflow_files.loading import InvalidFile
from demandflow.workflow_files.sources import Sources

SOUND, FOUND, MISUSE, INTERRUPTED = 0, 1, 2, 130
FILE = "a .toml or .json file, package.module:NAME or path/to/file.py:NAME"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and return 0 if all is well, 1 if it found something, 2 if it could not be done."""
    try:
        return _run(arguments)
    except BrokenPipeError:
        # the reader of the output has gone
        _say_no_more()
        return MISUSE
    except OSError as error:
        _say_no_more()
        with suppress(OSError):
            _say(f"demandflow: the answer cannot be written: {error.strerror or error}", sys.stderr)
        return MISUSE
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(arguments: Sequence[str] | None) -> int:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", WorkflowAdvice)
            options = _parser().parse_args(arguments)
            run: Callable[[argparse.Namespace], int] = options.run
            answer = run(options)
    except DemandFlowError as error:
        _complain(error)
        answer = MISUSE
    except SystemExit:
        # help was given
        sys.stdout.flush()
        raise
    sys.stdout.flush()
    return answer


def _say_no_more() -> None:
    """Throw away what is still to be written."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Parser(argparse.ArgumentParser):
    """A misuse is an error like any other."""

    def error(self, message: str) -> NoReturn:
        raise InvalidValue("usage", f"{message}; see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="demandflow", description=__doc__, allow_abbrev=False)
    topics = parser.add_subparsers(
        required=True, metavar="workflow | follow | feed | export | load | backup | verify | rebuild | init"
    )
    add_follow(topics)
    add_feed(topics)
    add_exchange(topics)
    add_verify(topics)
    add_rebuild(topics)
    add_init(topics)
    about = topics.add_parser("workflow", help="ask about a workflow")
    verbs = about.add_subparsers(required=True, metavar="check | draw | diff | replay-check | what-if")

    def verb(name: str, run: Callable[[argparse.Namespace], int], says: str, *, as_json: bool = True) -> Any:
        made = verbs.add_parser(name, help=says, description=says, allow_abbrev=False)
        made.set_defaults(run=run)
        made.add_argument(
            "--vocabulary", metavar="module:NAME", help="a community's own names for facts, rules and calendars"
        )
        if as_json:
            made.add_argument("--json", action="store_true", help="answer with one JSON document")
        return made

    check = verb("check", _check, "every defect of each workflow with its remedy, and advice")
    check.add_argument("files", nargs="+", metavar="FILE", help=FILE)
    check.add_argument("--strict", action="store_true", help="advice counts as a defect")
    draw = verb("draw", _draw, "the workflow as a picture or a table", as_json=False)
    draw.add_argument("file", metavar="FILE", help=FILE)
    draw.add_argument("--as", dest="form", choices=("mermaid", "table"), default="mermaid")
    compare = verb("diff", _diff, "what a new workflow changes")
    compare.add_argument("old", metavar="OLD", help=FILE)
    compare.add_argument("new", metavar="NEW", help=FILE)
    replay = verb("replay-check", _replay, "what of a recorded log a workflow would have refused")
    what = verb("what-if", _what_if, "how the clocks of a recorded log would have run under those of a workflow")
    for judging in (replay, what):
        judging.add_argument("url", metavar="URL", help="the log: sqlite:///path or postgresql://…")
        judging.add_argument("file", metavar="FILE", help=FILE)
        of = "judge demands on this workflow (may be repeated; else on any version of the same name)"
        judging.add_argument("--of", action="append", metavar="name@version", help=of)
        judging.add_argument("--tenant", help="whose log it is, if it says so")
    until = "when to judge, as 2026-03-31T18:00+08:00 (else when the log was last written to)"
    what.add_argument("--until", metavar="MOMENT", help=until)
    return parser


def _check(options: argparse.Namespace) -> int:
    sources, answers, worst = Sources(options.vocabulary), [], SOUND
    for file in options.files:
        answer: dict[str, Any] = {"file": file, "workflow": None, "defects": [], "advice": [], "mistakes": []}
        try:
            workflow = sources.workflow(file)
            answer |= {"workflow": workflow.key, "advice": list(map(asdict, workflow.advice))}
            code = FOUND if workflow.advice and options.strict else SOUND
            _say_unless(options.json, f"{file}: {workflow.key} has no defects", "advice", workflow.advice)
        except InvalidWorkflow as error:
            answer |= {"workflow": error.workflow, "defects": list(map(asdict, error.defects))}
            code, number = FOUND, len(error.defects)
            heading = f"{file}: {error.workflow} has {number} defect{'s' if number > 1 else ''}"
            _say_unless(options.json, heading, "defect", error.defects)
        except InvalidFile as error:
            answer["mistakes"], code = list(error.mistakes), MISUSE
            _complain(error)
        answers.append({**answer, "sound": not answer["defects"] and not answer["mistakes"]})
        worst = max(worst, code)
    if options.json:
        _say_json({"files": answers})
    return worst


def _draw(options: argparse.Namespace) -> int:
    workflow = _usable(Sources(options.vocabulary), options.file)
    _say(workflow.table() if options.form == "table" else workflow.mermaid())
    return SOUND


def _diff(options: argparse.Namespace) -> int:
    sources = Sources(options.vocabulary)
    difference = diff(_usable(sources, options.old), _usable(sources, options.new))
    _answer(options, difference)
    return FOUND if difference else SOUND


def _replay(options: argparse.Namespace) -> int:
    workflow, events = _judged(options)
    replayed = replay_check(events, workflow, of=options.of)
    if not replayed.steps:
        raise InvalidValue(options.url, "there is nothing in this log that could be judged")
    _answer(options, replayed)
    return SOUND if replayed.sound else FOUND


def _what_if(options: argparse.Namespace) -> int:
    workflow, events = _judged(options)
    until = None if options.until is None else _moment(options.until)
    result = what_if(events, workflow, until=until, of=options.of)
    _answer(options, result)
    return FOUND if result.otherwise else SOUND


def _judged(options: argparse.Namespace) -> tuple[Workflow, Iterator[Event]]:
    """The workflow that judges, and the events of the log."""
    workflow = _usable(Sources(options.vocabulary), options.file)
    facts = facts_by_topic([*STANDARD_FACTS, *workflow.facts]).values()
    return workflow, recorded_events(options.url, facts, options.tenant)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue("until", f"{text!r} is no moment; write it as 2026-03-31T18:00+08:00") from None


def _usable(sources: Sources, file: str) -> Workflow:
    try:
        return sources.workflow(file)
    except InvalidWorkflow as error:
        raise InvalidFile(
            file, tuple(f"{error.workflow} cannot be used: {defect}" for defect in error.defects)
        ) from None


def _answer(options: argparse.Namespace, result: Any) -> None:
    if options.json:
        _say_json(result.as_dict())
    else:
        _say(str(result))


def _say_unless(as_json: bool, heading: str, what: str, defects: Sequence[Defect]) -> None:
    if not as_json:
        _say(heading)
        for defect in defects:
            _say(f"  {what}: {defect.kind}: {defect.says}")
            _say(f"    remedy: {defect.remedy}")


def _say_json(document: Any) -> None:
    _say(json.dumps(document, ensure_ascii=False, indent=2))


def _say(text: str, stream: Any = None) -> None:
    """Write a line; what the terminal has no sign for is written as its number."""
    stream = stream or sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def _complain(error: DemandFlowError) -> None:
    """A line on stderr; one for each mistake of a file that has several."""
    mistakes = [f"{error.what}: {line}" for line in error.mistakes] if isinstance(error, InvalidFile) else [str(error)]
    for line in mistakes:
        _say(f"demandflow: {' '.join(line.split())}", sys.stderr)
