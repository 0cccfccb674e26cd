"""A month's report to a home organisation: corrected afterwards, made again byte for byte, and what changed since.

Usage: python examples/monthly_report.py
"""

from __future__ import annotations

from datetime import timedelta

from demandflow import Actor, DemandFlow, Place, Role
from demandflow.county import corrected_since, home_document, report_home, reproduced
from demandflow.county.people import (
    ACTIVITY,
    HOME_REPORT,
    Activity,
    Announced,
    AttendanceCorrected,
    Attended,
    Held,
    Joined,
)
from demandflow.testing import FrozenClock

ORGANISER, AUDITOR = Actor("Hua", "organiser"), Actor("Wang", Role.AUDITOR)
SUPERVISOR, HOUR = Actor("Sun", Role.SUPERVISOR), timedelta(hours=1)
HOME, MONTH = "branch 1", "2025-03"


def main() -> None:
    """Hold a clinic, report the month, find a mistake."""
    clock = FrozenClock()
    with DemandFlow.open("memory:", workflows=(ACTIVITY, HOME_REPORT), clock=clock, zone="Asia/Shanghai") as flow:
        fact = Announced(
            title="free clinic", what="clinic", place=Place("fufeng/chengguan"), starts=clock.now + HOUR, minutes=180
        )
        clinic = flow.start(fact, of=Activity, by=ORGANISER).id
        for who in ("Zhang", "Qian"):
            flow.act(clinic, "join", Joined(who=who, home=HOME), of=Activity, by=ORGANISER)
        clock.now += 4 * HOUR
        flow.act(clinic, "hold", Held(), of=Activity, by=ORGANISER)
        for who in ("Zhang", "Qian"):
            flow.act(clinic, "attend", Attended(who=who, minutes=180), of=Activity, by=ORGANISER)
        clock.now += timedelta(days=40)
        report = report_home(flow, HOME, MONTH, by=AUDITOR)
        print(report)
        wrong = AttendanceCorrected(who="Qian", minutes=60, reason="left early")
        flow.act(clinic, "correct_attendance", wrong, of=Activity, by=SUPERVISOR)
        same = str(reproduced(flow, HOME, MONTH)) == str(report)
        print(f"Made again after a correction: {'the same, byte for byte' if same else 'another'}\n")
        print(corrected_since(flow, HOME, MONTH))
        print(f"Now it would say: {home_document(flow, HOME, MONTH).amounts['Qian']}")


if __name__ == "__main__":
    main()
