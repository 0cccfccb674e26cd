"""What each figure means, in words and as a formula, with its source."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from demandflow.domain.moves import ENDS
from demandflow.errors import InvalidValue, brief, listed
from demandflow.projections.standing import COUNTS, GRADES, HAPPENINGS, IN_RETROSPECT

SCORE = "score"
STANDING, HAPPENING, RATE, RANGE, DURATION = "standing count", "happening", "rate", "range", "duration"
SUM = "sum"
ANY_SCORE = "(score)"
ANY_CLOCK, ON_TIME, ON_TIME_OF_THE_ENDED = "(clock)", "on time", "on time of the ended"
OF_THE_ENDED = "on_time of the ended"
OVERDUE, RUNNING_OVERDUE, DUE = "overdue", "running_overdue", "due"
OURS = "demandflow"
BEIJING = "the call-back figures of a Beijing district's hotline program"
FIVE_GRADES = "the five grades of the public 好差评 scheme"


@dataclass(frozen=True)
class Definition:
    """What a figure means: `says` in words; a rate also has weighted counts over counts.

    `needs` is the meaning that a workflow must declare, else the figure is n/a.
    """

    name: str
    kind: str
    says: str
    source: str = OURS
    needs: str | None = None
    numerator: tuple[tuple[str, Fraction], ...] = ()
    denominator: tuple[str, ...] = ()

    @property
    def formula(self) -> str:
        """A rate as counts over counts; empty for other figures."""
        terms = [name if weight == 1 else f"{float(weight):g} × {name}" for name, weight in self.numerator if weight]
        return f"({' + '.join(terms)}) / ({' + '.join(self.denominator)})" if terms else ""

    def __str__(self) -> str:
        formula = f" = {self.formula}" if self.formula else ""
        needs = f" n/a unless the workflow declares {self.needs}." if self.needs else ""
        return f"{self.name} ({self.kind}){formula}: {self.says}.{needs} Source: {self.source}."


def definition(name: str) -> Definition:
    """What the figure of this name means, also that of a clock (`finish met`) or score (`attitude satisfied`).

    Raises InvalidValue, with all names.
    """
    if isinstance(name, str):
        if name in DEFINITIONS:
            return DEFINITIONS[name]
        clock, figure = split(name)
        if clock and figure:
            return _of_clock(clock, figure)
        score, figure = split_score(name)
        if score and figure:
            return _of_score(score, figure)
    raise InvalidValue("figure", f"{brief(name)} is none (possible: {listed(DEFINITIONS)})")


def split(name: str) -> tuple[str, str]:
    """The clock and the figure in a name such as `finish met`; two empty texts for what is no figure of a clock."""
    for figure in OF_CLOCKS:
        if name.endswith(f" {figure}"):
            return name.removesuffix(f" {figure}"), figure
    return "", ""


def counts_of(clocks: Iterable[str]) -> tuple[str, ...]:
    """The names of all counts of these clocks."""
    return tuple(f"{clock} {figure}" for clock in clocks for figure in OF_CLOCKS if figure not in RATES_OF_CLOCKS)


def split_score(name: str) -> tuple[str, str]:
    """The score and the count in a name such as `attitude satisfied`; two empty texts for what is no count of one."""
    score, _, count = name.rpartition(" ")
    return (score, count) if count in OF_SCORES else ("", "")


def counts_of_scores(scores: Iterable[str]) -> tuple[str, ...]:
    """The names of all counts of these scores."""
    return tuple(f"{score} {count}" for score in scores for count in OF_SCORES)


def rates_of(clocks: Iterable[str]) -> tuple[str, ...]:
    """The names of the rates of these clocks."""
    return tuple(f"{clock} {figure}" for clock in clocks for figure in RATES_OF_CLOCKS)


def _of_clock(clock: str, figure: str) -> Definition:
    name, says = f"{clock} {figure}", OF_CLOCKS[figure]
    if figure not in RATES_OF_CLOCKS:
        return Definition(name, RANGE if figure in (OVERDUE, DUE) else STANDING, says)
    below = ("met", "missed", OVERDUE) if figure == ON_TIME else ("met", "missed")
    denominator = tuple(f"{clock} {count}" for count in below)
    return Definition(name, RATE, says, numerator=_plain(f"{clock} met"), denominator=denominator)


def _of_score(score: str, count: str) -> Definition:
    return Definition(f"{score} {count}", STANDING, OF_SCORES[count], needs="evaluated")


def _plain(*names: str) -> tuple[tuple[str, Fraction], ...]:
    return tuple((name, Fraction(1)) for name in names)


SATISFACTION = {
    "strict": ("graded_satisfied",),
    "weighted": (SCORE,),
    "lenient": ("graded_satisfied", "partly_satisfied"),
}
"""What is satisfied by each definition, of the graded."""
_SATISFIED = {
    "strict": "have a grade that counts as satisfied",
    "weighted": "are satisfied, each by the weight of its grade",
    "lenient": "have a grade that counts as satisfied, or weighs at least a half",
}
_ALONE = "; n/a over several workflows, but for versions of the same, for their evaluations differ"
# fmt: off
_STANDING = {
    "received": "all demands that were registered",
    "open": "registered and not ended",
    "closed": "ended as closed, with or without an evaluation",
    "refused": "ended as refused: not a task of the community",
    "withdrawn": "ended as withdrawn by the resident",
    "merged": "ended as merged into another demand about the same thing",
    "resolved": "now closed, and the present round's evaluation says resolved; closed as silent is not resolved",
    "reported_resolved": "now closed, and the present round's last report says resolved (the contractor's, or of "
                         "whoever answered at once)",
    "asked": "told the outcome in the present round and able to answer, or did answer; a notice on the wall tells, but "
             "does not ask",
    "closed_and_asked": "now closed, and asked",
    "evaluated": "with an evaluation in the present round",
    "silent": "now closed, without an evaluation in the present round",
    "graded": "evaluated with a grade in the present round",
    "graded_satisfied": "evaluated with a grade that counts as satisfied: very_satisfied, satisfied, or one of an own "
                        "scale that does",
    "partly_satisfied": "evaluated with a grade that does not count as satisfied, but weighs at least a half: "
                        "basically_satisfied, or such a one of an own scale",
    **{grade: f"evaluated as {grade.replace('_', ' ')} in the present round" for grade in map(str, GRADES)},
    "no_clock": "without a due moment",
    "running": "open, with a due moment",
    "met": "closed by its due moment",
    "missed": "closed after its due moment",
    "stopped": "with a due moment, but ended otherwise than closed",
}
_HAPPENING = {
    "accepted": "let through by the audit",
    "contracted_out": "given to a contractor",
    "handed_back": "given back by the contractor",
    "extended": "given more time",
    "suspended": "put off to a review date",
    "evaluated_at_all": "evaluated, whatever became of it",
    "reworked": "sent round again because the resident did not call it resolved",
    "taken_over": "taken over by the supervisor",
    "reopened": "taken up again after their end",
    "escalated": "brought before the supervisor",
    "callback_missed": "called back in vain",
    "unmerged": "let go again after a merge",
    "corrected": "corrected",
    "in_retrospect": "written to in retrospect: more than five minutes after it happened",
}
_RATES = (
    ("resolution received", "of all received, how many are resolved", BEIJING, "evaluated",
     _plain("resolved"), ("received",)),
    ("resolution accountable", "of those the community answers for (without refused, withdrawn and merged), how many "
     "are resolved", BEIJING, "evaluated", _plain("resolved"), ("open", "closed")),
    ("resolution callback", "of the evaluated, how many are resolved", f"{BEIJING} (有效回访)", "evaluated",
     _plain("resolved"), ("evaluated",)),
    ("resolution contractor", "of the closed, how many the contractor reported as resolved", OURS, "reported",
     _plain("reported_resolved"), ("closed",)),
    *((f"satisfaction {kind}", f"of the graded evaluations, how many {_SATISFIED[kind]}{_ALONE}", FIVE_GRADES,
       "evaluated", _plain(*terms), ("graded",)) for kind, terms in SATISFACTION.items()),
    ("participation", "of those asked, how many evaluated", OURS, "asked", _plain("evaluated"), ("asked",)),
    ("coverage", "of the closed, how many were asked", OURS, "asked", _plain("closed_and_asked"), ("closed",)),
    ("on_time", "of those that came due (closed with a due moment, or still open though it has passed), how many were "
     "closed by then; running and not yet due, and no deadline, are neither, and reopening takes the due moment away "
     "(as of a day before, it still counts)", OURS, None, _plain("met"), ("met", "missed", RUNNING_OVERDUE)),
    (OF_THE_ENDED, "of those closed with a due moment, how many by then; those that are overdue are "
     "left out, so their number stands beside it", OURS, None, _plain("met"), ("met", "missed")),
)
OF_CLOCKS = {
    "none": "this clock never ran: the workflow has no such clock, no limit fits, or its states were never entered",
    "running": "this clock runs or is paused, whether or not its due moment has passed (see overdue), undated or not",
    "met": "this clock ended by its due moment",
    "missed": "this clock ended after its due moment",
    "stopped": "this clock ended undecided: the demand ended otherwise than closed, it moved over to where this clock "
               "does not run, or nobody knew when it was due",
    "undated": "this clock runs or is paused without a due moment: its calendar did not know the year",
    OVERDUE: "this clock runs, and its due moment has passed at the moment asked about (or had when it was paused)",
    DUE: "this clock came due by the moment asked about: met + missed + overdue",
    ON_TIME: "of those in which this clock came due, how many ended by their due moment, by the rule in force when it "
             "started; running and not yet due, stopped and none are neither",
    ON_TIME_OF_THE_ENDED: "of those in which this clock ended by its due moment or after it, how many by then; those "
                          "that are overdue are left out, so their number stands beside it",
}
OF_SCORES = {
    "evaluated": "with an evaluation in the present round that gives this score",
    "satisfied": "with an evaluation in the present round that gives this score a grade which counts as satisfied",
}
RATES_OF_CLOCKS = (ON_TIME, ON_TIME_OF_THE_ENDED)
_OTHERS = (
    ("satisfaction_interval", RATE, "over the closed, those without an evaluation counted once as dissatisfied and "
     f"once as satisfied: the truth lies between{_ALONE}", FIVE_GRADES, "evaluated"),
    (SCORE, SUM, "the weights of the grades of all graded evaluations: very_satisfied and satisfied weigh 1, "
     "basically_satisfied 0.9, the other two 0, and those of an own scale what it says", FIVE_GRADES, "evaluated"),
    (OVERDUE, RANGE, "open, and a due moment has passed at the moment asked about: that of a clock, or the one that "
     "a fact gave to the whole demand", OURS, None),
    (RUNNING_OVERDUE, RANGE, "running, and the due moment that a fact gave to the whole demand has passed at the "
     "moment asked about", OURS, None),
    (DUE, RANGE, "came due by the moment asked about, as a whole: met + missed + running_overdue", OURS, None),
    ("not_yet_due", RANGE, "open, and its next due moment is at or after the moment asked about", OURS, None),
    ("no_due", RANGE, "open, without a due moment", OURS, None),
    ("whole time", DURATION, "from receipt to the end, elapsed, of the closed (or of those that ended otherwise); "
     "the open are left out or counted up to a moment", OURS,
     None),
    ("waiting", DURATION, "each stay in a state that is no end, from entering to leaving it, elapsed; stays that go on "
     "are left out or counted up to a moment", OURS, None),
)
# fmt: on

NEEDED = {name: meaning for name, meaning in HAPPENINGS.items() if name != IN_RETROSPECT}
"""What a workflow must declare, so that the count of a happening is not n/a."""

DEFINITIONS: dict[str, Definition] = {
    definition.name: definition
    for definition in (
        *(Definition(name, STANDING, says, needs=COUNTS[name].needs) for name, says in _STANDING.items()),
        *(
            Definition(name, HAPPENING, f"how often demands were {says}", needs=NEEDED.get(name))
            for name, says in _HAPPENING.items()
        ),
        *(Definition(name, RATE, says, source, needs, top, below) for name, says, source, needs, top, below in _RATES),
        *(Definition(*other) for other in _OTHERS),
        *(_of_clock(ANY_CLOCK, figure) for figure in OF_CLOCKS),
        *(_of_score(ANY_SCORE, count) for count in OF_SCORES),
    )
}
"""Every figure by its name; those of a clock or score under `(clock)` or `(score)` instead of its name."""

RATES: dict[str, Definition] = {name: DEFINITIONS[name] for name, *_ in _RATES}
"""The rates that are counts over counts."""

RANGES = (OVERDUE, RUNNING_OVERDUE, DUE)
"""The counts that depend on the moment asked about, besides those of each clock; they are never stored."""

IDENTITY = ("open", *ENDS)
"""The counts that add up to received."""
