"""Verdict -> reward: a gate, shaping terms, every term kept by name. Reads numbers, never text."""

from verigrad.rewards.compose import Outcome, RewardRule

__all__ = ["Outcome", "RewardRule"]
