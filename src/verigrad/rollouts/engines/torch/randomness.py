"""Addressed uniform numbers: one for every (seed, sample, position), whoever asks and when.

A counter goes through the finaliser of SplitMix64 (Steele, Lea, Flood 2014), on whole tensors:
no generator has a state, so what a row draws depends on nothing but its own address.
"""

from __future__ import annotations

import torch
from torch import Tensor

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_ROUNDS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


def stream_key(seed: int, sample: int) -> int:
    """The 64-bit key (as a signed integer) of one sample's stream.

    >>> stream_key(1, 0) != stream_key(0, 1)
    True
    """
    return _signed(_mix((_mix(seed & _MASK) + (sample + 1) * _STEP) & _MASK))


def uniforms(keys_B: Tensor, counters: Tensor) -> Tensor:
    """Float32 numbers strictly between 0 and 1 (B x T), 24 bits each.

    `counters` are positions: T for all streams, or B x T.
    """
    z = counters.add(1).mul_(_signed(_STEP)) + keys_B.unsqueeze(1)
    for shift, factor in _ROUNDS:
        z ^= _shifted(z, shift)
        z *= _signed(factor)
    z ^= _shifted(z, 31)
    return _shifted(z, 40).to(torch.float32).add_(0.5).mul_(2.0**-24)


def _shifted(z: Tensor, bits: int) -> Tensor:
    """Shift right, filling with zeros (torch fills with the sign)."""
    return (z >> bits) & ((1 << (64 - bits)) - 1)


def _mix(z: int) -> int:
    z = (z + _STEP) & _MASK
    for shift, factor in _ROUNDS:
        z = ((z ^ (z >> shift)) * factor) & _MASK
    return z ^ (z >> 31)


def _signed(z: int) -> int:
    return z - (1 << 64) if z >> 63 else z
