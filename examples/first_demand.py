"""The first demand: a street lamp, from the hotline call to the resident's last word."""

from __future__ import annotations

from demandflow import Actor, DemandFlow, FeedbackMethod, Grade, Role

CLERK = Actor("Li", Role.GRID_ADMINISTRATOR)
AUDITOR = Actor("Wang", Role.AUDITOR)
DISPATCHER = Actor("Zhao", Role.DISPATCHER)
WORKER = Actor("Chen", Role.CONTRACTOR, unit="lighting team")
RESIDENT = Actor("张三", Role.RESIDENT)


def main() -> None:
    """Take one demand round the closed loop and read what it left behind."""
    with DemandFlow.open("memory:", zone="Asia/Shanghai") as flow:
        lamp = flow.register(
            "路灯坏了 (the street lamp is out)",
            channel="hotline",
            place="fufeng/chengguan/nanguan/g3",
            resident="张三",
            by=CLERK,
        ).id
        flow.sort(lamp, category="housing/lighting", by=AUDITOR)
        flow.accept(lamp, by=AUDITOR)
        flow.contract_out(lamp, "lighting team", by=DISPATCHER)
        print("It is the contractor's turn:", *map(str, flow.possible_moves(lamp, by=WORKER)), sep="\n  ")

        flow.take_on(lamp, by=WORKER)
        flow.report(lamp, "A new bulb.", by=WORKER)
        flow.feed_back(lamp, FeedbackMethod.CALL, by=CLERK)
        demand = flow.evaluate(lamp, resolved=True, grade=Grade.VERY_SATISFIED, by=RESIDENT)
        print(f"\nIt is {demand.state}. Its history:")
        print(*flow.history(lamp), sep="\n")

        figures = flow.figures()
        print(f"\n{figures.identity}")
        print(f"resolved {figures.resolution()}, satisfied {figures.satisfaction()}")


if __name__ == "__main__":
    main()
