"""Which precision `auto` is: bfloat16 only where the device has instructions for it."""

import pytest
import torch

from verigrad.core.recipe import ModelSection
from verigrad.rollouts.engines.torch import kernels
from verigrad.training.learner import Learner
from verigrad.training.options import LearnerOptions
from verigrad.training.policy import make_policy
from verigrad.training.precision import pick_precision

BUILD = {"hidden_size": 16, "num_layers": 1, "num_heads": 2, "num_kv_heads": 1,
         "intermediate_size": 32, "max_positions": 32, "alphabet": "0123456789+="}  # fmt: skip


@pytest.fixture
def processor(monkeypatch, tmp_path):
    """A machine whose /proc/cpuinfo has the given text."""
    path = tmp_path / "cpuinfo"
    monkeypatch.setattr(kernels, "_PROCESSORS", path)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    kernels._is_amd_with_bf16.cache_clear()
    yield path.write_text
    kernels._is_amd_with_bf16.cache_clear()


@pytest.mark.parametrize(
    ("flags", "expected"), [("avx512_bf16", torch.bfloat16), ("avx2", torch.float32)]
)
def test_auto_is_what_the_processor_has(processor, flags, expected):
    processor(f"vendor_id: AuthenticAMD\nflags: {flags}")
    assert pick_precision("auto", torch.device("cpu")) is expected
    assert pick_precision("bfloat16", torch.device("cpu")) is torch.bfloat16
    section = ModelSection.model_validate({"build": BUILD, "precision": "auto"})
    policy = make_policy(section, seed=0)
    learner = Learner(policy, LearnerOptions(precision=section.precision))
    assert learner._dtype is expected


def test_the_recipes_that_ship_run_on_any_processor():
    """Bfloat16 by name took fifty times longer on a processor without it (27 November 2026)."""
    import tomllib
    from pathlib import Path

    recipes = Path(__file__).parents[3] / "recipes"
    paths = [
        *recipes.glob("*.toml"),
        *recipes.glob("controls/*.toml"),
        *recipes.glob("*/recipe.toml"),
    ]
    assert len(paths) >= 18
    for path in paths:
        if path.name == "claims.toml":
            continue
        text = path.read_text("utf-8")
        assert '"bfloat16"' not in text, path
        assert tomllib.loads(text)["model"].get("precision", "float32") in ("auto", "float32"), path
