"""What the check at build says of each mistake, word by word: golden_defects.txt is to be read as people read it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import choice
from typing import Any, ClassVar

import pytest

from demandflow import (
    ANYWHERE,
    BACK,
    START,
    STAY,
    WHILE_OPEN,
    Calendar,
    Clock,
    Days,
    Demand,
    InvalidWorkflow,
    Limit,
    Move,
    Proposal,
    Stage,
    State,
    Workflow,
    rules,
)
from demandflow.domain.checks.advice import advice_for
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.stream import Stream
from demandflow.errors import Defect, WorkflowAdvice
from demandflow.facts import (
    Accepted,
    ContractedOut,
    Corrected,
    Evaluated,
    Fact,
    LetGo,
    Merged,
    Noted,
    Registered,
    Reported,
    Stepped,
    TookIn,
    Unmerged,
)
from tests.unit.workflows.test_workflow import Nameless, Numbered, Ours, Prefixed

GOLDEN = Path(__file__).parent / "golden_defects.txt"
wrongly: Any = replace

OPEN, WAITING = State("open", Stage.CONTRACTING, owner="clerk"), State("waiting", Stage.FEEDBACK, owner="clerk")
TOLD = State("told", Stage.EVALUATION, owner="clerk")
DONE, GONE = State("done", Stage.ENDED, ended_as="closed"), State("gone", Stage.ENDED, ended_as="withdrawn")
LOST, MERGED = replace(WAITING, name="lost"), State("merged", Stage.ENDED, ended_as="merged")
FILE = Move("file", Registered, START, "open", by="clerk")
FINISH = Move("finish", Stepped, "open", "done", by="clerk")
WAIT = Move("wait", Noted, "open", "waiting", by="clerk")
GO_ON = Move("go on", Stepped, "waiting", "done", by="clerk")
TELL = Move("tell", Noted, "open", "told", by="clerk", means="asked")
JUDGE = Move("judge", Evaluated, "told", "done", by="clerk", means="evaluated")
REPORT = Move("report", Reported, "open", "waiting", by="clerk", means="reported")
OFFICE = Calendar.of("office", zone="UTC", hours="Mon-Fri 09:00-17:00")
LOST_OFFICE = Calendar.of("lost office", zone="UTC", hours="Mon-Fri 09:00-17:00", days=Days())
CONTRACT = Move("contract", ContractedOut, "open", "waiting", by="clerk")


class Waved(Evaluated):
    """An evaluation of which no sample is known: it needs a complex number."""

    TOPIC: ClassVar[str] = "tests.waved"
    wave: complex


class Doubted(Fact):
    """A fact with a field that may be None, and would be read back as True."""

    TOPIC: ClassVar[str] = "tests.doubted"
    sure: bool | None = True
    known: bool | None
    told: bool | None = None
    seen: bool = True


def stored(**said: Any) -> Any:
    """A fact that says this of how it is stored."""
    return type("Kept", (Fact,), {"TOPIC": "tests.kept", "__module__": __name__, **said})


class Imported(Registered):
    """Another beginning."""

    TOPIC: ClassVar[str] = "tests.imported"


class Lone:
    """A rule that is no function, and so has no name of its own, and takes one."""

    def __call__(self, demand: Demand) -> str | None:
        return None

    def __repr__(self) -> str:
        return "Lone()"


def hears(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return None


def resolved(demand: Demand, proposal: Proposal[Any]) -> bool:
    return bool(proposal.fact.resolved)


def unaudited(demand: Demand, proposal: Proposal[Any]) -> bool:
    return not demand.audited


def raises(demand: Demand, proposal: Proposal[Any]) -> bool:
    raise KeyError("nothing is known of it")


def breaks_later(demand: Demand, proposal: Proposal[Any]) -> str | None:
    if demand.round > 1:
        raise KeyError("nobody thought of a second round")
    return None


def says_no(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return "no"


def says_no_to_the_late(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return "too late" if proposal.at.year > 2030 else None


def reads_a_clock(demand: Demand, proposal: Proposal[Any]) -> str | None:
    return "too late" if datetime.now(UTC).year > 3000 else None


def throws_dice(demand: Demand, proposal: Proposal[Any]) -> bool:
    return choice((True, False))


async def later(demand: Demand, proposal: Proposal[Any]) -> bool:
    return True


def small(*moves: Any, states: tuple[Any, ...] = (OPEN, DONE), begun: bool = True, **more: Any) -> dict[str, Any]:
    return {"name": "small", "version": 1, "states": states, "moves": (*((FILE,) if begun else ()), *moves), **more}


def clock(runs_in: Any = "open", limits: Any = "3 working days", calendar: Any = OFFICE, **more: Any) -> Clock:
    return Clock(more.pop("name", "answer"), runs_in, limits, calendar, **more)


THREE, FOUR = (OPEN, WAITING, DONE), (OPEN, WAITING, TOLD, DONE)
CIRCLE = (OPEN, TOLD, DONE)
AGAIN = replace(JUDGE, to="open", means=("evaluated", "reworked"))
# fmt: off
MISTAKES: dict[str, dict[str, Any]] = {
    "nothing at all": {"name": "", "version": 0, "states": (), "moves": ()},
    "a name with @": small(FINISH, name="a@b"),
    "a name that is a number": small(FINISH, name=3),
    "a version that is a word": small(FINISH, version="1"),
    "a version that is True": small(FINISH, version=True),
    "the first version is 1": small(FINISH, version=0),
    "a version of very many digits": small(FINISH, version=10**5000),
    "a version one too great": small(FINISH, version=1_000_000_001),
    "a version below zero": small(FINISH, version=-1_000_000_000),
    "telling nobody, said in words": small(FINISH, tells_nobody="yes"),
    "several wrong types at once": small(wrongly(FINISH, fact="Noted", silent=3), "end", states=("open", DONE)),
    "a state with a number for a name": small(FINISH, states=(OPEN, wrongly(DONE, name=3))),
    "an owner that is a list": small(FINISH, states=(wrongly(OPEN, owner=["x"]), DONE)),
    "an end that is a number": small(FINISH, states=(OPEN, wrongly(DONE, ended_as=5))),
    "a stage that is a word": small(FINISH, states=(wrongly(OPEN, waits_for="audit"), DONE)),
    "a move with a blank at its end": small(replace(FINISH, name="finish ")),
    "from nowhere": small(wrongly(FINISH, from_=None)),
    "from no states": small(replace(FINISH, from_=())),
    "from numbers": small(wrongly(FINISH, from_=("open", 3))),
    "from BACK": small(replace(FINISH, from_=BACK)),
    "from STAY": small(replace(FINISH, from_=STAY)),
    "to START": small(replace(FINISH, to=START)),
    "to a list": small(wrongly(FINISH, to=["done"])),
    "rules in a list": small(wrongly(FINISH, rules=[len])),
    "a rule that is a word": small(wrongly(FINISH, rules=("x",))),
    "a rule that takes one": small(wrongly(FINISH, rules=(len,))),
    "a rule that takes one and has no name": small(wrongly(FINISH, rules=(Lone(),))),
    "a rule that is a class": small(wrongly(FINISH, rules=(int,))),
    "a rule that answers later": small(wrongly(FINISH, rules=(later,))),
    "a condition that is a number": small(wrongly(FINISH, when=3)),
    "a condition that is yet to be made": small(wrongly(FINISH, when=rules.the_bound_is_reached)),
    "a condition that answers later": small(wrongly(FINISH, when=later)),
    "meanings that are a number": small(wrongly(FINISH, means=5)),
    "meanings that are numbers": small(wrongly(FINISH, means=(5,))),
    "made by a number": small(wrongly(FINISH, by=3)),
    "one state twice": small(FINISH, states=(OPEN, OPEN, DONE)),
    "a state without a name": small(FINISH, states=(OPEN, DONE, State(" ", Stage.AUDIT, owner="clerk"))),
    "a state with a word of the table": small(
        FINISH, replace(WAIT, to="STAY"), replace(GO_ON, from_="STAY"),
        states=(OPEN, replace(WAITING, name="STAY"), DONE),
    ),
    "a misspelt goal": small(replace(FINISH, to="dome")),
    "a misspelt source": small(replace(FINISH, from_="opne")),
    "a goal that resembles nothing": small(FINISH, replace(WAIT, to="xyz")),
    "a goal that resembles nothing, and a mistake after it": small(
        FINISH, replace(WAIT, to="xyz"), replace(FINISH, name="hush", to=STAY, silent=True)
    ),
    "one source twice": small(replace(FINISH, from_=("open", "open"))),
    "made by nobody": small(replace(FINISH, by=())),
    "made by nobody with a name": small(replace(FINISH, by="")),
    "made by a name with a blank before it": small(FINISH, replace(FINISH, name="end", by=(" clerk",), rules=(hears,))),
    "one role twice": small(replace(FINISH, by=("clerk", "clerk"))),
    "one meaning twice": small(replace(FINISH, means=("taken_on", "taken_on"))),
    "a misspelt end": small(FINISH, states=(OPEN, replace(DONE, ended_as="close"))),
    "an end that resembles nothing": small(FINISH, states=(OPEN, replace(DONE, ended_as="xyz"))),
    "an end that is not said": small(FINISH, states=(OPEN, replace(DONE, ended_as=None))),
    "an end that is not said, and closes silently": small(
        replace(FINISH, silent=True), states=(OPEN, replace(DONE, ended_as=None))
    ),
    "a misspelt end that another has too": small(
        FINISH, replace(FINISH, name="lose", to="gone"), replace(FINISH, name="let go", from_="gone", to="lost"),
        states=(OPEN, DONE, GONE, replace(GONE, name="lost", ended_as="withdrawed")),
    ),
    "an end that waits for more": small(FINISH, states=(OPEN, replace(DONE, waits_for=Stage.AUDIT))),
    "a misspelt meaning": small(replace(FINISH, means="reporte")),
    "a meaning that resembles nothing": small(replace(FINISH, means="xyz")),
    "a fact with a number for a topic": small(replace(FINISH, fact=Numbered)),
    "a fact without a topic": small(replace(FINISH, fact=Nameless)),
    "a fact with a topic that is taken": small(replace(FINISH, fact=Ours)),
    "a fact with our prefix": small(replace(FINISH, fact=Prefixed)),
    "a fact that would be read back as another": small(replace(FINISH, fact=Doubted)),
    "a version of a fact that is a word": small(replace(FINISH, fact=stored(VERSION="2", EARLIER={"a.b": dict}))),
    "a version of a fact that is 0": small(replace(FINISH, fact=stored(VERSION=0))),
    "a version of a fact that is None": small(replace(FINISH, fact=stored(VERSION=None))),
    "a version of a fact that is True": small(replace(FINISH, fact=stored(VERSION=True))),
    "a second version of a fact that reads nothing of the first": small(replace(FINISH, fact=stored(VERSION=2))),
    "earlier topics in a list": small(replace(FINISH, fact=stored(VERSION=2, EARLIER=["tests.kept"]))),
    "earlier topics that are none, and one without a function": small(
        replace(FINISH, fact=stored(EARLIER={3: dict, "": dict, "tests.gone": "a function"}))
    ),
    "an earlier topic that is today's": small(
        replace(FINISH, fact=stored(VERSION=2, EARLIER={"tests.kept": dict, "tests.kept@2": dict}))
    ),
    "two facts under one name": small(FINISH, replace(FINISH, fact=Noted, by="chief")),
    "a meaning that its fact does not say": small(replace(FINISH, means=("evaluated", "reported", "corrected"))),
    "a merge without its other side": small(
        FINISH, Move("merge", Merged, "open", "merged", by="clerk"), states=(OPEN, DONE, MERGED)
    ),
    "an un-merge without its other side": small(
        FINISH, Move("merge", Merged, "open", "merged", by="clerk"),
        Move("take in", TookIn, ANYWHERE, STAY, by="clerk"),
        Move("unmerge", Unmerged, "merged", "open", by="clerk", means="unmerged"), states=(OPEN, DONE, MERGED),
    ),
    "of no class": small(FINISH, of="demand"),
    "of a class that says no kind": small(FINISH, of=Stream),
    "of another kind, without a beginning, and with a fact of demands": small(
        replace(FINISH, fact=Merged), begun=False, of=Directory
    ),
    "of another kind, whose beginning leads nowhere and does not say what it is known by": small(
        replace(FILE, fact=Stepped, to=STAY), FINISH, begun=False, of=Directory
    ),
    "nobody's turn": small(FINISH, states=(replace(OPEN, owner=None), DONE)),
    "no beginning": small(FINISH, begun=False),
    "a beginning with another fact": small(FINISH, replace(FILE, fact=Noted), begun=False),
    "a beginning that leads nowhere": small(FINISH, replace(FILE, to=STAY), begun=False),
    "registered twice": small(FINISH, replace(FINISH, name="file again", fact=Registered)),
    "two beginnings with one fact": small(FINISH, replace(FILE, name="import")),
    "the one without a condition comes first": small(FINISH, FINISH, replace(FINISH, to="open")),
    "the last has a condition": small(replace(FINISH, when=unaudited)),
    "a beginning on a condition only": small(replace(FILE, when=unaudited), FINISH, begun=False),
    "the last has a condition, for two roles": small(replace(FINISH, by=("clerk", "chief"), when=unaudited)),
    "hidden from two roles, and from one": small(
        replace(FINISH, by=("clerk", "chief")), replace(FINISH, by=("chief", "clerk", "boss")),
    ),
    "BACK has a condition, and nothing comes after it": small(
        FINISH, WAIT, GO_ON, replace(GO_ON, name="back", to=BACK, when=unaudited), states=THREE
    ),
    "BACK that hides another": small(
        FINISH, WAIT, replace(GO_ON, to=BACK), replace(GO_ON, when=unaudited), states=THREE
    ),
    "a state that is not reached": small(FINISH, states=THREE),
    "no way on": small(FINISH, WAIT, states=THREE),
    "a loop with no way out": small(
        FINISH, WAIT, replace(TELL, from_="waiting"), Move("untell", Noted, "told", "waiting", by="clerk"), states=FOUR
    ),
    "what leads only into a trap": small(
        FINISH, WAIT, replace(TELL, from_="waiting"), states=FOUR
    ),
    "caught by going back and forth": small(
        FINISH, WAIT, replace(TELL, from_=("open", "waiting"), means=()),
        Move("back", Stepped, "told", BACK, by="clerk"), states=FOUR,
    ),
    "caught only when it came from there": small(
        FINISH, WAIT, replace(TELL, from_=("open", "waiting"), means=()),
        Move("back", Stepped, "told", BACK, by="clerk"), Move("lose", Noted, "waiting", "lost", by="clerk"),
        states=(*FOUR, LOST),
    ),
    "caught only where it began": small(
        FINISH, replace(FILE, name="import", fact=Imported, to="waiting"), WAIT, replace(GO_ON, to=BACK), states=THREE
    ),
    "two traps, and two ways into one": small(
        FINISH, WAIT, replace(TELL, from_="waiting"), replace(TELL, name="ask"),
        Move("lose", Noted, "open", "lost", by="clerk"), states=(*FOUR, LOST),
    ),
    "out of an end without a word": small(FINISH, replace(FINISH, name="undo", from_="done", to="open")),
    "from one end to another": small(
        FINISH, replace(FINISH, name="undo", from_="done", to="gone"), states=(OPEN, DONE, GONE)
    ),
    "reopened from one end to another": small(
        FINISH, replace(FINISH, name="undo", from_="done", to="gone", means="unmerged"), states=(OPEN, DONE, GONE)
    ),
    "reopened where nothing has ended": small(FINISH, replace(FINISH, name="again", to=STAY, means="reopened")),
    "a new round in an end": small(FINISH, replace(FINISH, name="again", from_="done", to=STAY, means="reworked")),
    "three wrong ways out of an end to which two ways lead": small(
        FINISH, WAIT, GO_ON, Move("note", Noted, "done", STAY, by="clerk"),
        replace(FINISH, name="again", from_="done", to=STAY, means="reworked"),
        replace(FINISH, name="lose", from_="done", to="gone", means="unmerged"),
        replace(FINISH, name="undo", from_="done", to="open"), states=(*THREE, GONE),
    ),
    "reopened where nothing has ended, but to which two ways lead, and a mistake after it": small(
        WAIT, TELL, replace(WAIT, name="rest", from_="told"), Move("lose", Noted, "waiting", "lost", by="clerk"),
        replace(GO_ON, from_="lost"),
        replace(GO_ON, name="again", to=STAY, means="reopened"),
        replace(GO_ON, name="part", to="open", means="unmerged"),
        replace(FINISH, name="undo", from_="done", to="open"), states=(*FOUR, LOST),
    ),
    "silent for nothing": small(FINISH, replace(FINISH, name="hush", to=STAY, silent=True)),
    "silent where nothing closes": small(replace(FINISH, to="gone", silent=True), states=(OPEN, GONE)),
    "a merge that closes": small(
        FINISH, Move("merge", Merged, "open", "done", by="clerk"), Move("take in", TookIn, ANYWHERE, STAY, by="clerk")
    ),
    "a merge that closes, to which two ways lead": small(
        FINISH, WAIT, Move("merge", Merged, ("open", "waiting"), "done", by="clerk"),
        Move("take in", TookIn, ANYWHERE, STAY, by="clerk"), states=THREE,
    ),
    "an un-merge of what was closed": small(
        FINISH, Move("unmerge", Unmerged, "done", "open", by="clerk", means="unmerged"),
        Move("let go", LetGo, ANYWHERE, STAY, by="clerk"),
    ),
    "rework without a bound": small(TELL, replace(JUDGE, when=resolved), AGAIN, states=CIRCLE),
    "taking over without a bound": small(
        TELL, replace(JUDGE, when=resolved), replace(AGAIN, means=("evaluated", "taken_over")), states=CIRCLE
    ),
    "rework by one of two roles": small(
        TELL, replace(JUDGE, when=resolved), AGAIN, replace(AGAIN, to="done", by="chief", means="evaluated"),
        states=CIRCLE,
    ),
    "rework that hears its rules but has no bound": small(
        TELL, replace(JUDGE, when=resolved), replace(AGAIN, rules=(hears,)), states=CIRCLE
    ),
    "rework with a rule that breaks in the second round": small(
        TELL, replace(JUDGE, when=resolved), replace(AGAIN, rules=(breaks_later,)), states=CIRCLE
    ),
    "rework to which a rule objects at any time": small(
        TELL, replace(JUDGE, when=resolved), replace(AGAIN, rules=(says_no,)), states=CIRCLE
    ),
    "rework of the unaudited only": small(
        TELL, replace(JUDGE, when=lambda demand, _: demand.audited), AGAIN, states=CIRCLE
    ),
    "rework of those known to be reported": small(
        TELL, replace(JUDGE, when=lambda demand, proposal: not (demand.asked and demand.told)), AGAIN, states=CIRCLE
    ),
    "a condition among the rules": small(wrongly(FINISH, rules=(unaudited,))),
    "rework that is not called so": small(
        TELL, replace(JUDGE, when=resolved), replace(AGAIN, means="evaluated"), states=CIRCLE
    ),
    "reported and closed, and nobody asked": small(REPORT, GO_ON, states=THREE),
    "asked only on one of two ways": small(
        REPORT, GO_ON, replace(TELL, from_="waiting"), JUDGE, states=FOUR
    ),
    "reported and closed in two ways": small(
        REPORT, WAIT, replace(WAIT, name="rest", to="told", from_="waiting"), GO_ON, replace(GO_ON, from_="told"),
        replace(GO_ON, name="give up", from_="told", silent=True), states=FOUR,
    ),
    "reported, asked, reported again and closed": small(
        REPORT, replace(TELL, from_="waiting"), replace(REPORT, from_="told"), GO_ON, JUDGE, states=FOUR,
    ),
    "telling nobody, and telling": small(replace(FINISH, means="told"), tells_nobody=True),
    "telling nobody, and asking": small(TELL, JUDGE, states=CIRCLE, tells_nobody=True),
    "clocks that are none": small(FINISH, clocks=("answer", 3)),
    "a clock that is no several": small(FINISH, clocks=3),
    "a clock without a name": small(FINISH, clocks=(clock(name=" "), clock(name=3))),
    "one clock twice": small(FINISH, clocks=(clock(), clock("open", "2 hours"))),
    "a clock that runs nowhere": small(FINISH, clocks=(clock(()),)),
    "a clock with misspelt states": small(FINISH, clocks=(clock(("opne", "open"), paused_in="xyz"),)),
    "a clock that runs in an end": small(FINISH, clocks=(clock(("open", "done")),)),
    "a clock that runs and rests in one state": small(FINISH, clocks=(clock(paused_in="open"),)),
    "a clock that says a word twice": small(
        FINISH, clocks=(clock(("open", "open"), restarts=("extended", "extended")),)
    ),
    "a clock that restarts with a misspelt meaning": small(FINISH, clocks=(clock(restarts=("extnded", "xyz")),)),
    "a clock by a calendar that is a word": small(FINISH, clocks=(clock(calendar="office"),)),
    "a clock by a calendar without years": small(FINISH, clocks=(clock(calendar=LOST_OFFICE),)),
    "a clock that may be extended, said in words": small(FINISH, clocks=(clock(extensible="yes"),)),
    "a clock without limits": small(FINISH, clocks=(clock(limits=()),)),
    "a clock with limits that are never tried": small(
        FINISH, clocks=(clock(limits=(
            Limit("2 hours", urgency="urgent"), Limit("1 working day", "noise"), Limit("3 hours", "noise/dogs"),
            Limit("1 hour", "noise", "urgent"), "5 working days", Limit("1 hour", "roads"),
        )),),
    ),
}
ADVICE: dict[str, dict[str, Any]] = {
    "an owner who has no way on": small(FINISH, states=(replace(OPEN, owner="chief"), DONE)),
    "an owner where only policies lead on": small(
        FINISH, replace(FINISH, by="policy", name="expire"), replace(FINISH, to=STAY, by="chief", name="look"),
        states=(replace(OPEN, owner="chief"), DONE),
    ),
    "a report, an evaluation and a correction that are not called so": small(
        Move("report", Reported, "open", STAY, by="clerk"), replace(FINISH, fact=Evaluated, name="evaluate"),
        Move("correct", Corrected, WHILE_OPEN, STAY, by="clerk"),
    ),
    "roles that look alike": small(
        replace(FINISH, by=("clerk", "auditor", "auditer", "clerks", "doctor_1", "doctor_2", "man", "men"))
    ),
    "rework with a fact of which no sample is known": small(
        TELL, replace(JUDGE, fact=Waved, when=resolved), replace(AGAIN, fact=Waved), states=CIRCLE
    ),
    "rework that cannot be asked about, by two roles": small(
        TELL, replace(JUDGE, when=raises, by=("clerk", "chief")), replace(AGAIN, by=("clerk", "chief")), states=CIRCLE
    ),
    "rework that cannot be asked about": small(
        TELL, replace(JUDGE, when=raises), AGAIN, states=CIRCLE
    ),
    "who handled it may evaluate it": small(
        Move("give out", ContractedOut, "open", "waiting", by="clerk", means="contracted_out"),
        replace(TELL, from_="waiting"), replace(JUDGE, by=("clerk", "resident")), states=FOUR,
    ),
    "who handled it may evaluate it while it is open": small(
        Move("give out", ContractedOut, "open", "waiting", by="clerk", means="contracted_out"),
        replace(TELL, from_="waiting"), replace(JUDGE, from_=WHILE_OPEN, by=("clerk", "resident")), states=FOUR,
    ),
    "one role reports and evaluates": small(
        REPORT, replace(TELL, from_="waiting"), replace(JUDGE, rules=(rules.a_resident_acts_for_their_own_demand,)),
        states=FOUR,
    ),
    "who audited it may be given the work": small(
        replace(FILE, to="told"), Move("pass", Accepted, "told", "open", by="clerk", means="accepted"),
        Move("give out", ContractedOut, "open", "waiting", by="clerk", means="contracted_out"), GO_ON,
        states=FOUR, begun=False,
    ),
    "a rule and a condition that look at a clock": small(
        replace(FINISH, rules=(reads_a_clock,), when=throws_dice), FINISH
    ),
    "a rule for a condition": small(wrongly(FINISH, when=says_no), FINISH),
    "a state without a clock, where another has one": small(FINISH, WAIT, GO_ON, states=THREE, clocks=(clock(),)),
    "two clocks with one due moment": small(
        FINISH, CONTRACT, GO_ON, states=THREE,
        clocks=(clock(("open", "waiting"), extensible=True), clock("waiting", extensible=True, name="finish")),
    ),
    "a clock that is paused where it never comes": small(
        FINISH, WAIT, GO_ON, states=THREE, clocks=(clock("waiting", paused_in="open"),)
    ),
    "a clock that never runs on": small(FINISH, WAIT, GO_ON, states=THREE, clocks=(clock(paused_in="waiting"),)),
    "a clock that comes back only by beginning anew": small(
        FINISH, WAIT, replace(WAIT, name="again", from_="waiting", to="open", means="extended"), states=THREE,
        clocks=(clock(paused_in="waiting", restarts="extended"),),
    ),
    "a clock that is never extended and never restarts": small(
        FINISH, replace(WAIT, means="escalated"), GO_ON, states=THREE,
        clocks=(clock(), clock("waiting", restarts="taken_on", extensible=True, name="wait")),
    ),
    "a clock for urgencies that are almost the usual": small(
        FINISH, clocks=(clock(limits=tuple(Limit("1 hour", urgency=one) for one in ("urgnt", "urgent", "fire"))),),
    ),
}
# fmt: on


def told_of(parts: dict[str, Any]) -> Iterator[str]:
    """The defects of a workflow, or what is advised, line by line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found: tuple[Defect, ...] = Workflow(**parts).advice
        except InvalidWorkflow as refused:
            found = refused.defects
    for one in found:
        concerned = "; ".join(f"{what} {', '.join(names)}" for what, names in _concerned(one) if names)
        yield f"  {one.kind}: {one.says}"
        yield f"      {one.remedy}" + (f"  [{concerned}]" if concerned else "")


def _concerned(one: Defect) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return ("states", tuple(map(str, one.states))), ("moves", one.moves)


def written(cases: dict[str, dict[str, Any]]) -> dict[str, str]:
    return {name: "\n".join((name, *told_of(parts))) for name, parts in cases.items()}


def golden() -> dict[str, str]:
    sections = GOLDEN.read_text(encoding="utf-8").strip().split("\n\n")
    return {section.partition("\n")[0]: section for section in sections}


@pytest.mark.parametrize("name", [*MISTAKES, *ADVICE])
def test_a_mistake_is_told_in_these_words(name: str) -> None:
    cases = {**MISTAKES, **ADVICE}
    assert written({name: cases[name]})[name] == golden()[name]


def test_every_mistake_is_told_and_advice_forbids_nothing() -> None:
    for parts in MISTAKES.values():
        with pytest.raises(InvalidWorkflow):
            Workflow(**parts)
    for parts in ADVICE.values():
        with pytest.warns(WorkflowAdvice):
            assert Workflow(**parts).advice
    assert golden().keys() == MISTAKES.keys() | ADVICE.keys()


@pytest.mark.parametrize(
    ("one", "others"),
    [
        ("clerk", "clerks chlerk lerk cler clrk flerk clark clerq cclerk"),
        ("aide", "aids bide aid_e"),
        ("doctor_1", "doctor_x doctor_1x doktor_1"),
    ],
)
def test_roles_that_differ_by_one_letter_are_taken_for_a_slip(one: str, others: str) -> None:
    for other in others.split():
        assert alike(one, other), (one, other)


@pytest.mark.parametrize(
    ("one", "others"),
    [
        ("clerk", "clerkss cclerks celrk clxxk lerks cklark desk office"),
        ("aide", "aid ide aims"),
        ("man", "men mane an"),
        ("doctor_1", "doctor_2 doctor_11 doctor_12"),
        ("doctor", "doctor1 doctor_1"),
    ],
)
def test_other_roles_are_not_nor_are_numbered_and_very_short_ones(one: str, others: str) -> None:
    for other in others.split():
        assert not alike(one, other), (one, other)


def alike(one: str, other: str) -> bool:
    """Whether it is advised against having both for roles."""
    moves = (replace(FILE, by=one), replace(FINISH, by=(one, other)))
    kinds = [advice.kind for advice in advice_for((replace(OPEN, owner=one), DONE), moves)]
    assert set(kinds) <= {"alike"}
    return kinds == ["alike"]


def test_what_stays_in_an_end_reopens_nothing() -> None:
    stays = replace(FINISH, name="stay", from_="done", to=STAY, means="unmerged")
    assert Workflow(**small(FINISH, stays)).move_of(Stepped, "done") == "stay"


def test_a_rule_that_objects_to_the_late_is_a_bound() -> None:
    for heard in ((says_no_to_the_late,), (hears, says_no_to_the_late)):
        again = replace(AGAIN, rules=heard)
        assert Workflow(**small(TELL, replace(JUDGE, when=resolved), again, states=CIRCLE)).advice == ()


def test_a_clock_that_rests_on_a_detour_is_well() -> None:
    further, back = (
        replace(WAIT, name="further", from_="waiting", to="told"),
        Move("back", Stepped, "told", "open", "clerk"),
    )
    rests = clock(paused_in=("waiting", "told"))
    assert Workflow(**small(FINISH, WAIT, further, back, states=FOUR, clocks=(rests,))).advice == ()
    by_days = clock(limits="3 calendar days", calendar=LOST_OFFICE)
    assert Workflow(**small(FINISH, clocks=(by_days,))).advice == (), "what counts no working time needs no years"


def main(write: Callable[[str], int] = lambda text: GOLDEN.write_text(text, encoding="utf-8")) -> None:
    write("\n\n".join(written({**MISTAKES, **ADVICE}).values()) + "\n")


if __name__ == "__main__":
    main()
