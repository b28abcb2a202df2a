"""The stage that sorts problems by what the model can do before it is trained on them."""

from __future__ import annotations

from collections import Counter

from verigrad.core.stages import ProfileStage
from verigrad.core.statistics import mean
from verigrad.curriculum.profile import REASONS, Band
from verigrad.pipelines.guessing import GuessSettings
from verigrad.pipelines.profile import (
    ProfileSettings,
    profile,
    write_profile,
    write_profile_page,
)
from verigrad.pipelines.stages.output import PROFILE, Output, Work
from verigrad.records.atomic import new_folder, write_json

PAGE = "profile.html"


def profile_stage(work: Work) -> Output:
    """The profile, and its histogram as a page; the folder is whole or absent."""
    stage = work.stage
    assert isinstance(stage, ProfileStage)
    asked = GuessSettings().asking if stage.guess_asking is None else stage.guess_asking
    settings = ProfileSettings(
        num_samples=stage.num_samples,
        guessing=GuessSettings(
            count=stage.guesses,
            max_tokens=stage.guess_tokens,
            asking=asked,
            start=stage.guess_start,
        ),
        band=Band(*stage.band),
        with_choices=stage.keep_choices,
    )
    found = profile(work.bound(), None, settings)
    why = Counter(one.why for one in found)
    figures = {"problems": float(len(found)), **{name: float(why[name]) for name in REASONS}}
    figures["pass_rate"] = mean([one.num_correct / max(1, one.num_samples) for one in found])
    with new_folder(work.folder) as folder:
        write_profile(folder / PROFILE, found)
        write_profile_page(folder / PAGE, found, model=f"stage {stage.name}")
        write_json(folder / "figures.json", figures)
    return Output(None, work.folder, figures)
