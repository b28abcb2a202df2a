"""Every pipeline that ships: its plan is made, and its claims read figures that its stages have."""

import tomllib
from pathlib import Path

import pytest

from verigrad.core.stages import PipelineRecipe, read_either
from verigrad.pipelines.stages.plan import plan

RECIPES = Path(__file__).parents[4] / "recipes"
FILES = sorted(RECIPES.glob("*/recipe.toml")) + sorted(RECIPES.glob("*/full.toml"))
CLAIMS = sorted(RECIPES.glob("*/claims.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_dry_run_accepts_it(path: Path, tmp_path: Path):
    found = plan(read_either(path).recipe, tmp_path)
    assert found.stages
    assert all(stage.state == "to run" for stage in found.stages)


@pytest.mark.parametrize("path", CLAIMS, ids=lambda path: path.parent.name)
def test_claims_name_stages_that_have_such_figures(path: Path):
    recipe = read_either(path.with_name("recipe.toml")).recipe
    assert isinstance(recipe, PipelineRecipe)
    kinds = {stage.name: stage.kind for stage in recipe.stage}
    for claim in tomllib.loads(path.read_text())["claim"]:
        if "unseen" in claim:
            assert set(claim) == {"says", "unseen"}
            continue
        assert claim["is"] in ("above", "about")
        for side in (claim["left"], claim["right"]):
            for stage, _, figure in (one.partition(".") for one in side.split(" - ")):
                assert stage in kinds, side
                if figure not in ("accuracy", "tokens"):
                    continue
                assert kinds[stage] in ("evaluate", "rl", "sft", "fuse", "distill")


def test_every_system_has_both_sizes_claims_and_a_page():
    for folder in {path.parent for path in FILES}:
        names = {path.name for path in folder.iterdir()}
        assert {"recipe.toml", "full.toml", "claims.toml", "README.md"} <= names
