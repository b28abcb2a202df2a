"""Problems of reasoning-gym, judged by its own scorer only where probes found no fault in it."""

from verigrad.verifiers.reasoning_gym.verifier import ReasoningGym

__all__ = ["ReasoningGym"]
