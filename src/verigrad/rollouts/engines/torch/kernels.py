"""Matrix products with what follows them fused in, by the best library at hand.

On x86 processors oneDNN does float32 products at these shapes about twice as fast as the library
that `torch.nn.functional.linear` calls (docs/decisions/050), and adds a residual, multiplies by a
gate or applies an activation in the same pass. Elsewhere plain torch does the same in more steps.
The choice depends on device and type alone, never on a timing: equal runs stay equal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

_PROCESSORS = Path("/proc/cpuinfo")
_SMALL = 1 << 20  # multiply-adds

# N rows  I inputs  O outputs; weights are stored as O x I, as torch.nn.Linear does.


@dataclass(frozen=True, slots=True)
class Kernels:
    """`linear(x_NI, weight, bias)`, and the same then activated, plus a term, times a factor."""

    linear: Callable[[Tensor, Tensor, Tensor | None], Tensor]
    linear_add: Callable[[Tensor, Tensor, Tensor | None, Tensor], Tensor]
    linear_multiply: Callable[[Tensor, Tensor, Tensor | None, Tensor], Tensor]
    linear_activate: Callable[[Tensor, Tensor, Tensor | None], Tensor]


def computed_type(dtype: torch.dtype, *, device: torch.device) -> torch.dtype:
    """The type in which a model of `dtype` is computed: itself, or float32 where that is faster.

    Products of bfloat16 pay where the processor has tiles for them (AMX) and on AMD's that have
    AVX512-BF16; elsewhere they are slower than those of float32, by half on an Intel Xeon whose
    tiles are hidden by the machine's host (docs/decisions/050). Decided by what the processor is,
    never by a timing.
    """
    if dtype is not torch.bfloat16 or device.type != "cpu":
        return dtype
    return dtype if torch.cpu._is_amx_tile_supported() or _is_amd_with_bf16() else torch.float32


@cache
def _is_amd_with_bf16() -> bool:
    try:
        text = _PROCESSORS.read_text("ascii", "replace")
    except OSError:
        return False
    return "AuthenticAMD" in text and "avx512_bf16" in text


def choose_kernels(*, device: torch.device, dtype: torch.dtype, activation: str) -> Kernels:
    """oneDNN's kernels on a processor that has them for `dtype`, else plain torch's."""
    if device.type == "cpu" and _has_onednn(dtype):
        return _onednn_kernels(activation)
    return plain_kernels(activation)


def plain_kernels(activation: str) -> Kernels:
    """The same operations from torch's public functions."""
    activate = {
        "silu": functional.silu,
        "gelu": functional.gelu,
        "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    }[activation]
    return Kernels(
        linear=functional.linear,
        linear_add=lambda x, weight, bias, term: functional.linear(x, weight, bias).add_(term),
        linear_multiply=lambda x, weight, bias, factor: functional.linear(x, weight, bias).mul_(
            factor
        ),
        linear_activate=lambda x, weight, bias: activate(functional.linear(x, weight, bias)),
    )


def _has_onednn(dtype: torch.dtype) -> bool:
    if not torch.backends.mkldnn.is_available() or not hasattr(
        torch.ops.mkldnn, "_linear_pointwise"
    ):
        return False
    if dtype is torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return dtype is torch.float32


def _onednn_kernels(activation: str) -> Kernels:
    unary = torch.ops.mkldnn._linear_pointwise.default
    binary = torch.ops.mkldnn._linear_pointwise.binary
    name, algorithm = {
        "silu": ("swish", ""),
        "gelu": ("gelu", "none"),
        "gelu_tanh": ("gelu", "tanh"),
    }[activation]
    plain = plain_kernels(activation)

    def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if _is_small(x, weight):
            return plain.linear(x, weight, bias)
        return unary(x, weight, bias, "none", [], "")

    def linear_add(x: Tensor, weight: Tensor, bias: Tensor | None, term: Tensor) -> Tensor:
        if _is_small(x, weight):
            return plain.linear_add(x, weight, bias, term)
        return binary(x, term, weight, bias, "add")

    def linear_multiply(x: Tensor, weight: Tensor, bias: Tensor | None, factor: Tensor) -> Tensor:
        if _is_small(x, weight):
            return plain.linear_multiply(x, weight, bias, factor)
        return binary(x, factor, weight, bias, "mul")

    def linear_activate(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if _is_small(x, weight):
            return plain.linear_activate(x, weight, bias)
        return unary(x, weight, bias, name, [], algorithm)

    return Kernels(linear, linear_add, linear_multiply, linear_activate)


def _is_small(x: Tensor, weight: Tensor) -> bool:
    """Too small for oneDNN to make up for the ten microseconds that a call of it takes."""
    return x.dtype is torch.float32 and x.shape[0] * weight.numel() < _SMALL
