"""What is raised where the engine does not do as the model says."""

from __future__ import annotations

LONGEST = 1_500


class Differs(AssertionError):
    """The engine answers or records otherwise than the model: what was done, and both answers."""

    def __init__(self, what: str, engine: object, model: object) -> None:
        super().__init__(what, engine, model)
        self.what, self.engine, self.model = what, engine, model

    def __str__(self) -> str:
        return f"{self.what}\n  demandflow: {_short(self.engine)}\n  the model:  {_short(self.model)}"


def _short(value: object) -> str:
    said = f"{type(value).__name__}: {value}" if isinstance(value, Exception) else repr(value)
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}…"
