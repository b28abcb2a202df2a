"""Who is asked next: each sampler gives every problem of the pool a key, and the highest are taken.

Random parts come from the stream that is handed in, so a step's choice depends on nothing but the
seed, the step and the estimates.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence

from verigrad.core.curriculum import CurriculumSection
from verigrad.curriculum.pass_rates import PassRate

Keys = Callable[[Sequence[PassRate], random.Random], list[float]]


def uniform(rates: Sequence[PassRate], rng: random.Random) -> list[float]:
    """All alike."""
    return [rng.random() for _ in rates]


def frontier(rates: Sequence[PassRate], rng: random.Random) -> list[float]:
    """p (1 - p) of a drawn p: half right teaches the most, and what is unknown is tried."""
    drawn = [rate.draw(rng) for rate in rates]
    return [p * (1 - p) for p in drawn]


def prioritised(rates: Sequence[PassRate], rng: random.Random) -> list[float]:
    """Without replacement, in proportion to 1 - p (Efraimidis and Spirakis 2006)."""
    return [math.log(1 - rng.random()) / max(1e-9, 1 - rate.mean) for rate in rates]


def between(
    rates: Sequence[PassRate], rng: random.Random, *, low: float, high: float
) -> list[float]:
    """Uniform inside the band; outside, the nearer the sooner, after all of those."""
    keys = []
    for rate in rates:
        outside = max(low - rate.mean, rate.mean - high, 0.0)
        keys.append(rng.random() if outside == 0.0 else -outside)
    return keys


def easiest(rates: Sequence[PassRate], rng: random.Random, *, share: float) -> list[float]:
    """Uniform inside the easiest `share`; the others after them, easiest first."""
    order = sorted(range(len(rates)), key=lambda place: (-rates[place].mean, place))
    inside = set(order[: math.ceil(share * len(order))])
    return [
        rng.random() if place in inside else rate.mean - 1.0 for place, rate in enumerate(rates)
    ]


def keys_for(section: CurriculumSection, *, step: int, last_step: int) -> Keys:
    """The sampler of a step."""
    if section.sampler == "easy_to_hard":
        progress = min(1.0, (step - 1) / max(1, section.all_by * last_step))
        share = section.first_share + (1 - section.first_share) * progress
        return lambda rates, rng: easiest(rates, rng, share=share)
    if section.sampler == "staged":
        band = next((one for one in section.stages if step <= one.until), section.stages[-1])
        return lambda rates, rng: between(rates, rng, low=band.low, high=band.high)
    table: Mapping[str, Keys] = {
        "uniform": uniform,
        "frontier": frontier,
        "prioritised": prioritised,
    }
    return table[section.sampler]
