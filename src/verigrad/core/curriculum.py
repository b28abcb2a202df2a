"""The `[curriculum]` section of a recipe: which training problems are asked, and when."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from verigrad.core.config import Strict

Sampler = Literal["uniform", "frontier", "prioritised", "easy_to_hard", "staged"]


class BandSection(Strict):
    """Up to step `until`, problems whose estimated pass rate lies between `low` and `high`."""

    until: int = Field(ge=1)
    low: float = Field(default=0.0, ge=0.0, le=1.0)
    high: float = Field(default=1.0, ge=0.0, le=1.0)


class CurriculumSection(Strict):
    """Problems of a fixed pool, chosen by what is known of their pass rates.

    `pool` is how many problems of each task take part (all, if left out; of a generator it must be
    given). `profile` is a file that `verigrad profile` wrote: only the problems it keeps, with what
    it counted. `band` = [low, high] chooses from it anew: what is right more often than `low` and
    less often than `high`. Every group that is judged updates its problem's estimate; `keep` of the
    older evidence stays at each update, as the policy changes.

    `sampler`: "uniform" shuffles; "frontier" takes those whose drawn pass rate p has the largest
    p (1 - p) (Thompson sampling of learnability, arXiv 2502.12272); "prioritised" draws in
    proportion to 1 - p (Kimi k1.5, arXiv 2501.12599, section 2.3.4); "easy_to_hard" begins with the
    easiest `first_share` and lets harder ones in up to `all_by` of the steps; "staged" follows
    `stages`. A problem is retired when `retire_after` groups of it in a row were all right (0:
    never), and asked again `revive_after` steps later.
    """

    sampler: Sampler = "uniform"
    pool: int | None = Field(default=None, ge=1)
    profile: str = ""
    band: tuple[float, float] | None = None
    keep: float = Field(default=0.8, gt=0.0, le=1.0)
    first_share: float = Field(default=0.25, gt=0.0, le=1.0)
    all_by: float = Field(default=0.5, gt=0.0, le=1.0)
    stages: tuple[BandSection, ...] = ()
    retire_after: int = Field(default=0, ge=0)
    revive_after: int = Field(default=50, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.sampler == "staged") != bool(self.stages):
            raise ValueError('`stages` belong to sampler = "staged", which needs them')
        if self.band is not None and not self.profile:
            raise ValueError("`band` chooses from a `profile`: give one")
        if self.band is not None and not 0.0 <= self.band[0] < self.band[1] <= 1.0:
            raise ValueError("`band` needs 0 <= low < high <= 1")
        if any(stage.low > stage.high for stage in self.stages):
            raise ValueError("a stage needs low <= high")
        ends = [stage.until for stage in self.stages]
        if ends != sorted(set(ends)):
            raise ValueError("`until` must rise from stage to stage")
        return self

    @property
    def is_on(self) -> bool:
        """False where problems come from their source as ever."""
        return self != CurriculumSection()
