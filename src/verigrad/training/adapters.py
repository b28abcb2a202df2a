"""LoRA adapters through peft (Hu et al. 2021, arXiv 2106.09685): few weights learn, the rest stay.

The layers of `policy.model` are adapted in place; `policy.adapter` is peft's own model around it,
which saves what `peft.PeftModel.from_pretrained` opens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from verigrad.core.errors import SetupError
from verigrad.core.recipe import LoraSection
from verigrad.training.policy import Policy

ADAPTER_FOLDER = "adapter"  # inside a checkpoint


def add_adapter(policy: Policy, section: LoraSection, *, seed: int) -> Policy:
    """The policy with a fresh adapter, which changes nothing yet; only it learns from now on.

    SetupError where peft is not installed.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise SetupError(
            "LoRA needs peft, which is not installed", remedy='pip install "verigrad[train]"'
        ) from error
    config = LoraConfig(
        r=section.rank,
        lora_alpha=section.alpha,
        lora_dropout=0.0,
        target_modules=list(section.targets),
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        adapter = get_peft_model(policy.model, config)
    return replace(policy, adapter=adapter.eval())


def save_adapter(policy: Policy, folder: Path, *, base: str) -> None:
    """What `PeftModel.from_pretrained(base_model, folder)` opens; `base` is where the base lies."""
    adapter: Any = policy.adapter
    for config in adapter.peft_config.values():
        config.base_model_name_or_path = base
        config.inference_mode = True
    adapter.save_pretrained(folder)


def load_adapter(policy: Policy, folder: Path) -> None:
    """Take up a saved adapter's weights, exactly."""
    from peft import set_peft_model_state_dict
    from safetensors.torch import load_file

    set_peft_model_state_dict(policy.adapter, load_file(folder / "adapter_model.safetensors"))


@contextmanager
def without_adapter(policy: Policy) -> Iterator[None]:
    """Inside, the policy speaks as it did before its adapter: a reference that costs no memory."""
    assert policy.adapter is not None
    with policy.adapter.disable_adapter():
        yield


def plain_weights(model: Any) -> dict[str, Tensor]:
    """Weights by the names of a model without adapters, with every adapter added in."""
    layers = {name: module for name, module in model.named_modules() if is_adapted(module)}
    weights: dict[str, Tensor] = {}
    for name, value in model.state_dict().items():
        if ".lora_" in name:
            continue
        owner, base, last = name.rpartition(".base_layer.")
        if base and last == "weight":
            value = value + _delta(layers[owner]).to(value.dtype)  # noqa: PLW2901 (the same weight)
        weights[f"{owner}.{last}" if base else name] = value
    return weights


def base_weights(model: Any) -> dict[str, Tensor]:
    """The weights under the adapters, by the names of a model without them; shared."""
    return {
        name.replace(".base_layer.", "."): value
        for name, value in model.state_dict().items()
        if ".lora_" not in name
    }


def is_adapted(module: Any) -> bool:
    """A linear layer with an adapter."""
    return hasattr(module, "lora_A") and hasattr(module, "base_layer")


@torch.no_grad()
def _delta(module: Any) -> Tensor:
    """scaling * B @ A, summed over the active adapters."""
    return sum(
        module.scaling[name] * (module.lora_B[name].weight @ module.lora_A[name].weight)
        for name in module.active_adapters
    )  # type: ignore[reportReturnType]
