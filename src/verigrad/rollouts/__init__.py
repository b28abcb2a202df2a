"""Sampling: engines, chat rendering, environments, and problems -> rollouts."""

from verigrad.core.registry import Registry

ENGINES = Registry(
    "engine",
    {
        "torch": "verigrad.rollouts.engines.torch.engine:TorchEngine",
        "scripted": "verigrad.rollouts.engines.scripted:ScriptedEngine",
    },
)
