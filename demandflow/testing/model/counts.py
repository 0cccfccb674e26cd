"""What a demand counts as, by how it stood: every count of docs/figures.md in one line; and the rates made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

Seen = dict[str, Any]
"""How a demand stood: the picture of it."""
Counts = dict[str, int | None]

WEIGHTS = {
    "very_satisfied": Fraction(1),
    "satisfied": Fraction(1),
    "basically_satisfied": Fraction(9, 10),
    "dissatisfied": Fraction(0),
    "very_dissatisfied": Fraction(0),
}
"""The five grades of 好差评 and what they weigh; the first two count as satisfied."""
SATISFIED = ("very_satisfied", "satisfied")
ENDS = ("closed", "refused", "withdrawn", "merged")
NEEDS = {
    **dict.fromkeys(("resolved", "evaluated", "silent", "graded", "graded_satisfied", "partly_satisfied"), "evaluated"),
    **dict.fromkeys((*WEIGHTS, "score"), "evaluated"),
    "reported_resolved": "reported",
    **dict.fromkeys(("asked", "closed_and_asked"), "asked"),
}
"""What a workflow must declare for a demand to be counted so."""
RANGES = ("overdue", "running_overdue", "due")
HAPPENINGS = {
    **{"accepted": "accepted", "contracted_out": "contracted_out", "handed_back": "handed_back"},
    **{"extended": "extended", "suspended": "suspended", "evaluated_at_all": "evaluated"},
    **{"callback_missed": "callback_missed", "reworked": "reworked", "escalated": "escalated"},
    **{"taken_over": "taken_over", "reopened": "reopened", "unmerged": "unmerged", "corrected": "corrected"},
    "in_retrospect": "in_retrospect",
}
"""The counts of what happened, and what an event must mean for each."""
OF_A_CLOCK = ("none", "running", "met", "missed", "stopped", "undated", "overdue", "due")
RATES: Mapping[str, tuple[Sequence[str], Sequence[str]]] = {
    "resolution received": (["resolved"], ["received"]),
    "resolution accountable": (["resolved"], ["open", "closed"]),
    "resolution callback": (["resolved"], ["evaluated"]),
    "resolution contractor": (["reported_resolved"], ["closed"]),
    "satisfaction strict": (["graded_satisfied"], ["graded"]),
    "satisfaction weighted": (["score"], ["graded"]),
    "satisfaction lenient": (["graded_satisfied", "partly_satisfied"], ["graded"]),
    "participation": (["evaluated"], ["asked"]),
    "coverage": (["closed_and_asked"], ["closed"]),
    "on_time": (["met"], ["met", "missed", "running_overdue"]),
    "on_time of the ended": (["met"], ["met", "missed"]),
}
"""What is added up above the line, and below it."""
SCALES = ("strict", "weighted", "lenient")
SEVERAL = "not over several workflows: ask workflow=… or figures_by('workflow')"


class Grade(NamedTuple):
    """What a grade weighs, and whether it counts as satisfied."""

    weight: Fraction
    satisfied: bool


def grade_of(seen: Seen) -> Grade | None:
    """What the grade of the present round's evaluation counts for; None without one."""
    if not seen["evaluated"] or seen["grade"] is None:
        return None
    if seen["grade"] in WEIGHTS:
        return Grade(WEIGHTS[seen["grade"]], seen["grade"] in SATISFIED)
    own = seen["grade_means"]
    return Grade(Fraction(own.weight, 100), own.satisfied)


def scores_of(seen: Seen) -> dict[str, bool]:
    """Whether each score of the present round's evaluation counts as satisfied, by its name."""
    own = dict(seen["score_means"])
    scores = dict(seen["scores"]) if seen["evaluated"] else {}
    return {name: own[name].satisfied if name in own else grade in SATISFIED for name, grade in scores.items()}


def dues_of(seen: Seen) -> dict[str, datetime]:
    """The due moments of an open demand, by clock; under the empty name that which a fact gave to the whole demand."""
    if seen["ended_as"] is not None:
        return {}
    dues = {"": seen["due"]}
    for clock in seen["clocks"]:
        late = clock.status == "paused" and clock.due is not None and clock.since >= clock.due
        if clock.status == "running" or late:
            dues[clock.clock] = clock.due
    return {name: due for name, due in dues.items() if due is not None}


def clocks_of(seen: Seen) -> dict[str, str]:
    """How each clock that ever ran stood."""
    return {clock.clock: _status(clock) for clock in seen["clocks"]}


def _status(clock: Any) -> str:
    if clock.status not in ("running", "paused"):
        return str(clock.status)
    return "undated" if clock.due is None else "running"


def counts_of(seen: Seen, at: datetime, clocks: Iterable[str]) -> frozenset[str]:
    """The names of all counts that include a demand which stood so; `at` is the moment by which it is judged."""
    closed, end, due = seen["ended_as"] == "closed", seen["ended_as"], seen["due"]
    evaluated, asked, grade = seen["evaluated"], seen["asked"], grade_of(seen)
    overdue = {name for name, moment in dues_of(seen).items() if moment < at}
    holds: dict[str, Any] = {
        "received": True,
        "open": end is None,
        **{word: end == word for word in ENDS},
        "resolved": closed and evaluated and seen["resolved"],
        "reported_resolved": closed and seen["reported_resolved"],
        "asked": asked,
        "closed_and_asked": closed and asked,
        "evaluated": evaluated,
        "silent": closed and not evaluated,
        "graded": grade is not None,
        "graded_satisfied": grade and grade.satisfied,
        "partly_satisfied": grade and not grade.satisfied and grade.weight >= Fraction(1, 2),
        **{word: evaluated and seen["grade"] == word for word in WEIGHTS},
        "no_clock": due is None,
        "running": due is not None and end is None,
        "met": due is not None and closed and seen["ended"] <= due,
        "missed": due is not None and closed and seen["ended"] > due,
        "stopped": due is not None and end not in (None, "closed"),
        "overdue": overdue,
        "running_overdue": "" in overdue,
        "due": (due is not None and closed) or "" in overdue,
    }
    holds = {name: it for name, it in holds.items() if NEEDS.get(name) in (None, *seen["declares"])}
    status = clocks_of(seen)
    for clock in clocks:
        stands = status.get(clock, "none")
        holds |= {f"{clock} {word}": stands == word for word in OF_A_CLOCK}
        holds[f"{clock} running"] = stands in ("running", "undated")
        holds[f"{clock} overdue"] = clock in overdue
        holds[f"{clock} due"] = stands in ("met", "missed") or clock in overdue
    for score, good in scores_of(seen).items():
        holds |= {f"{score} evaluated": True, f"{score} satisfied": good}
    return frozenset(name for name, it in holds.items() if it)


def names_of(clocks: Iterable[str], scores: Iterable[str] = ()) -> tuple[str, ...]:
    """The names of all counts but those of happenings, also of these clocks and scores."""
    standing = ("received", "open", *ENDS, "resolved", "reported_resolved", "asked", "closed_and_asked", "evaluated")
    graded = ("silent", "graded", "graded_satisfied", "partly_satisfied", *WEIGHTS)
    of_clocks = (f"{clock} {word}" for clock in clocks for word in OF_A_CLOCK)
    of_scores = (f"{score} {word}" for score in scores for word in ("evaluated", "satisfied"))
    return (*standing, *graded, "no_clock", "running", "met", "missed", "stopped", *RANGES, *of_clocks, *of_scores)


def counted(demands: Collection[Seen], happened: Mapping[str, int], at: datetime, clocks: Sequence[str]) -> Counts:
    """Every count of these demands, and of what happened; None where no workflow of theirs declares it."""
    every = [counts_of(seen, at, clocks) for seen in demands]
    declared = {meaning for seen in demands for meaning in seen["declares"]}
    found: Counts = {}
    for name in names_of(clocks):
        unknown = demands and NEEDS.get(name) not in (None, *declared)
        found[name] = None if unknown else sum(name in names for names in every)
    for name, meaning in HAPPENINGS.items():
        number = happened.get(meaning, 0)
        unknown = not number and demands and meaning not in ("in_retrospect", *declared)
        found[name] = None if unknown else number
    return found


class Rate(NamedTuple):
    """So many of so many; the overdue are mentioned beside those rates that leave them out."""

    name: str
    numerator: Fraction
    n: int
    beside: str = ""

    @property
    def value(self) -> Fraction | None:
        """The rate; None is n/a."""
        return self.numerator / self.n if self.n else None

    @property
    def percent(self) -> str:
        """In per cent, rounded half up."""
        return percent(self.value)

    def __str__(self) -> str:
        whole = self.numerator.denominator == 1
        number = str(self.numerator) if whole else f"{float(self.numerator):.1f}"
        return (f"{number}/{self.n} = {self.percent}" if self.n else "n/a") + (self.beside and f" ({self.beside})")


def satisfied_with(demands: Iterable[Seen]) -> dict[str, list[Seen]]:
    """The demands that satisfaction can be told of, the closed and the graded, by the names of their workflows."""
    found: dict[str, list[Seen]] = {}
    for seen in demands:
        if "evaluated" in seen["declares"] and (seen["ended_as"] == "closed" or grade_of(seen) is not None):
            found.setdefault(seen["workflow"].rpartition("@")[0], []).append(seen)
    return found


def percent(value: Fraction | None) -> str:
    """In per cent to one decimal, rounded half up, or n/a."""
    tenths = None if value is None else int(value * 1000 + Fraction(1, 2))
    return "n/a" if tenths is None else f"{tenths // 10}.{tenths % 10} %"


def rates(demands: Collection[Seen], at: datetime, clocks: Sequence[str]) -> dict[str, Rate]:
    """Every rate, each over the demands whose workflow declares all that is in it, and those of each clock."""
    every = [(seen, counts_of(seen, at, clocks)) for seen in demands]

    def number(words: Sequence[str], able: Sequence[tuple[Seen, frozenset[str]]]) -> Fraction:
        score = sum((grade.weight for seen, _ in able if (grade := grade_of(seen)) is not None), Fraction(0))
        plain = Fraction(sum(word in names for word in words for _, names in able))
        return plain + (score if "score" in words else 0)

    found: dict[str, Rate] = {}
    for name, (above, below) in RATES.items():
        needed = {NEEDS[word] for word in (*above, *below) if word in NEEDS}
        able = [(seen, names) for seen, names in every if needed <= {*seen["declares"]}]
        found[name] = Rate(name, number(above, able), int(number(below, able)), _beside(name, "running_overdue", every))
        if name.startswith("satisfaction") and len(satisfied_with(demands)) > 1:
            found[name] = Rate(name, Fraction(0), 0, SEVERAL)
    for clock in clocks:
        ended = [f"{clock} met", f"{clock} missed"]
        for name, below in (
            (f"{clock} on time", [*ended, f"{clock} overdue"]),
            (f"{clock} on time of the ended", ended),
        ):
            beside = _beside(name, f"{clock} overdue", every)
            found[name] = Rate(name, number(ended[:1], every), int(number(below, every)), beside)
    return found


def _beside(rate: str, overdue: str, every: Iterable[tuple[Seen, frozenset[str]]]) -> str:
    late = sum(overdue in names for _, names in every) if rate.endswith("of the ended") else 0
    return f"besides, {late} overdue" if late else ""


def interval(demands: Collection[Seen], scale: str) -> tuple[Rate, Rate]:
    """Of the closed, the least and the most that may be satisfied: nobody knows of those without a grade."""
    over = f"satisfaction {scale}, over the closed"
    if len(satisfied_with(demands)) > 1:
        return Rate(f"{over}, at least", Fraction(0), 0, SEVERAL), Rate(f"{over}, at most", Fraction(0), 0, SEVERAL)
    closed = [seen for seen in demands if seen["ended_as"] == "closed" and "evaluated" in seen["declares"]]
    worth = [None if (grade := grade_of(seen)) is None else _worth(grade, scale) for seen in closed]
    least = sum((it for it in worth if it is not None), Fraction(0))
    most = least + worth.count(None)
    return Rate(f"{over}, at least", least, len(closed)), Rate(f"{over}, at most", most, len(closed))


def _worth(grade: Grade, scale: str) -> Fraction:
    if scale == "weighted":
        return grade.weight
    return Fraction(grade.satisfied or (scale == "lenient" and grade.weight >= Fraction(1, 2)))
