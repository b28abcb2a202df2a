"""Showcase of `appeal`, before a scripted court."""

from verigrad.core.types import Problem
from verigrad.verifiers.judges import Appeal
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.showcases.judge import scripted_judge


def showcase() -> Showcase:
    """`exact` rejects a difference of case; the court grants it."""
    court = scripted_judge(max_calls=100_000_000, max_tokens=10**12)
    settings = {"share": 1.0, "overturn": True, "max_appeals": 10**9}
    return Showcase(
        Appeal(court=court, member={"kind": "exact"}, judge={}, **settings),
        (
            Sample(
                Problem.of("Who wrote Faust?", "Goethe"),
                (r"\boxed{Goethe}", r"\boxed{goethe}"),
                (r"\boxed{Schiller}", r"\boxed{Goethe}\boxed{Schiller}", r"\boxed{Solution}"),
            ),
            Sample(
                Problem.of("Where was he born?", "Frankfurt"),
                (r"\boxed{FRANKFURT}",),
                (r"\boxed{Frankfurt an der Oder}", r"\boxed{Weimar}"),
            ),
        ),
        pieces=(r"\boxed{", "}", "Goethe", "goethe", "Frankfurt"),
    )
