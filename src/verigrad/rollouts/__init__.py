"""Sampling: engines, chat rendering, environments, and problems -> rollouts."""

from verigrad.core.registry import Registry

ENGINES = Registry(
    "engine",
    {
        "torch": "verigrad.rollouts.engines.torch.engine:TorchEngine",
        "transformers": "verigrad.rollouts.engines.transformers.engine:TransformersEngine",
        "vllm": "verigrad.rollouts.engines.vllm.engine:VllmEngine",
        "http": "verigrad.rollouts.engines.http.engine:HttpEngine",
        "scripted": "verigrad.rollouts.engines.scripted:ScriptedEngine",
    },
)
