"""When a rule says no: what was wrong, what is possible, and nothing recorded."""

from __future__ import annotations

from collections.abc import Callable

from demandflow import Actor, DemandFlow, DemandFlowError, Grade, Role, RuleBroken

CLERK = Actor("Li", Role.GRID_ADMINISTRATOR)
AUDITOR = Actor("Wang", Role.AUDITOR)
WORKER = Actor("Chen", Role.CONTRACTOR, unit="lighting team")
NEIGHBOUR = Actor("李四", Role.RESIDENT)


def main() -> None:
    """Try five things that must not be done, and look at the demand afterwards."""
    with DemandFlow.open("memory:") as flow:
        lamp = flow.register("路灯坏了", channel="hotline", place="fufeng/nanguan/g3", resident="张三", by=CLERK).id
        attempts: dict[str, Callable[[], object]] = {
            "evaluate before anything was done": lambda: flow.evaluate(
                lamp, resolved=True, grade=Grade.SATISFIED, by=NEIGHBOUR
            ),
            "let the contractor pass the audit": lambda: flow.accept(lamp, by=WORKER),
            "withdraw a neighbour's demand": lambda: flow.withdraw(lamp, by=NEIGHBOUR),
            "register without saying anything": lambda: flow.register(" ", channel="hotline", place="f", by=CLERK),
            "sort into nothing": lambda: flow.sort(lamp, by=AUDITOR),
        }
        for what, attempt in attempts.items():
            try:
                attempt()
            except DemandFlowError as no:
                print(f"{what}:\n  {type(no).__name__}: {no}")

        # rules have names, so a program can tell them apart
        try:
            flow.withdraw(lamp, by=NEIGHBOUR)
        except RuleBroken as no:
            print(f"\nThe rule's name: {no.rules[0]}")
        print(f"The demand is as it was: {flow.demand(lamp).state}, version {flow.demand(lamp).version}.")


if __name__ == "__main__":
    main()
