"""Log-probabilities of chosen tokens from hidden states, without the full logits.

T tokens  D hidden size  V vocabulary  C tokens of one chunk

The last linear layer and the log-softmax are computed for `chunk_size` tokens at a time and once
more in the backward pass, so that (T, V) never exists: the peak is one or two (C, V) buffers.
Sums run in float32 (float64 for float64 inputs) whatever the inputs are: half-precision weights
are widened a block of rows at a time, or, on a GPU, multiplied as they are into float32 (in the
backward pass the gradient of the logits is rounded to their type for that).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

VOCABULARY_BLOCK = 8192  # rows of a half-precision weight widened at once
LOGITS_AT_ONCE = 1 << 24  # of a chunk by default: 64 MiB in float32


class TokenLogps(NamedTuple):
    """Natural-log probability of each target, and the entropy of its distribution if wanted."""

    logp_T: Tensor
    entropy_T: Tensor | None


def token_logps(
    hidden_TD: Tensor,
    weight_VD: Tensor,
    targets_T: Tensor,
    *,
    chunk_size: int | None = None,
    temperature: float = 1.0,
    want_entropy: bool = False,
) -> TokenLogps:
    """log softmax(hidden @ weight.T / temperature)[target] for every token, in float32 or 64.

    `chunk_size` is in tokens; by default a chunk has about 16 million logits, at least 64 tokens.
    The gradients for hidden and weight are exact, through the entropy too; the linear layer has no
    bias. Tokens whose incoming gradient is 0 are skipped in the backward pass. Errors: ValueError
    for a chunk size or temperature that is not positive.

    Logits 0 and log 3 give the probabilities 1/4 and 3/4; log(3/4) = -0.2877, entropy 0.5623:

    >>> weight = torch.tensor([[0.0], [3.0]]).log().nan_to_num(neginf=0.0)
    >>> out = token_logps(torch.ones(1, 1), weight, torch.tensor([1]), want_entropy=True)
    >>> round(out.logp_T.item(), 4), round(out.entropy_T.item(), 4)
    (-0.2877, 0.5623)
    """
    if chunk_size is None:
        chunk_size = max(64, LOGITS_AT_ONCE // max(1, len(weight_VD)))
    if chunk_size < 1 or temperature <= 0:
        raise ValueError(f"need chunk_size >= 1 and temperature > 0: {chunk_size}, {temperature}")
    logp_T, entropy_T = _ChunkedLogps.apply(  # type: ignore[reportGeneralTypeIssues]
        hidden_TD, weight_VD, targets_T, chunk_size, temperature, want_entropy
    )
    return TokenLogps(logp_T, entropy_T if want_entropy else None)


class _ChunkedLogps(torch.autograd.Function):
    @staticmethod
    def forward(  # noqa: PLR0917 (torch passes the arguments of `apply` by position)
        ctx: Any,
        hidden_TD: Tensor,
        weight_VD: Tensor,
        targets_T: Tensor,
        chunk_size: int,
        temperature: float,
        want_entropy: bool,  # noqa: FBT001 (autograd functions take positional arguments only)
    ) -> tuple[Tensor, Tensor]:
        wide = _wide_dtype(hidden_TD)
        logp_T = hidden_TD.new_empty(len(targets_T), dtype=wide)
        log_total_T = torch.empty_like(logp_T)
        entropy_T = torch.empty_like(logp_T) if want_entropy else logp_T.new_empty(0)
        with torch.autocast(hidden_TD.device.type, enabled=False):
            for chunk in _chunks(len(targets_T), chunk_size):
                logits_CV = _logits(hidden_TD[chunk], weight_VD, temperature)
                target_C = logits_CV.gather(1, targets_T[chunk, None]).squeeze(1)
                log_total_T[chunk], entropy_C = _normaliser(logits_CV, want_entropy=want_entropy)
                logp_T[chunk] = target_C - log_total_T[chunk]
                if entropy_C is not None:
                    entropy_T[chunk] = entropy_C
        ctx.save_for_backward(hidden_TD, weight_VD, targets_T, log_total_T, entropy_T)
        ctx.chunk_size, ctx.temperature = chunk_size, temperature
        ctx.set_materialize_grads(False)
        return logp_T, entropy_T

    @staticmethod
    @once_differentiable
    def backward(  # type: ignore[reportIncompatibleMethodOverride]
        ctx: Any, *grads: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        hidden_TD, weight_VD, targets_T, log_total_T, entropy_T = ctx.saved_tensors
        grad_logp_T, grad_entropy_T = grads
        active_N = _active(targets_T, grad_logp_T, grad_entropy_T)
        wide = _wide_dtype(hidden_TD)
        hidden_grad_TD = torch.zeros_like(hidden_TD) if ctx.needs_input_grad[0] else None
        weight_grad_VD = (
            torch.zeros_like(weight_VD, dtype=wide) if ctx.needs_input_grad[1] else None
        )
        with torch.autocast(hidden_TD.device.type, enabled=False):
            for chunk in _chunks(len(active_N), ctx.chunk_size):
                index_C = active_N[chunk]
                logp_CV = _logits(hidden_TD[index_C], weight_VD, ctx.temperature)
                logp_CV.sub_(log_total_T[index_C, None])
                logit_grad_CV = _logit_grad(
                    logp_CV,
                    targets_T[index_C],
                    grad_logp_C=None if grad_logp_T is None else grad_logp_T[index_C],
                    grad_entropy_C=None if grad_entropy_T is None else grad_entropy_T[index_C],
                    entropy_C=entropy_T[index_C] if entropy_T.numel() else None,
                )
                logit_grad_CV.div_(ctx.temperature)
                if hidden_grad_TD is not None:
                    rows_CD = _times_weight(logit_grad_CV, weight_VD)
                    hidden_grad_TD[index_C] = rows_CD.to(hidden_grad_TD.dtype)
                if weight_grad_VD is not None:
                    _add_product(weight_grad_VD, logit_grad_CV.T, hidden_TD[index_C])
        if weight_grad_VD is not None:
            weight_grad_VD = weight_grad_VD.to(weight_VD.dtype)
        return hidden_grad_TD, weight_grad_VD, None, None, None, None


def _wide_dtype(tensor: Tensor) -> torch.dtype:
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32


def _chunks(length: int, size: int) -> list[slice]:
    return [slice(start, start + size) for start in range(0, length, size)]


def _active(targets_T: Tensor, *grads: Tensor | None) -> Tensor:
    """Indices of the tokens that receive any gradient."""
    active_T = torch.zeros_like(targets_T, dtype=torch.bool)
    for grad in grads:
        if grad is not None:
            active_T |= grad != 0
    return active_T.nonzero().squeeze(1)


def _blocks(weight_VD: Tensor, wide: torch.dtype) -> list[slice]:
    """One block when the weight is wide already, several when it must be widened."""
    size = len(weight_VD) if weight_VD.dtype == wide else VOCABULARY_BLOCK
    return _chunks(len(weight_VD), size)


def _has_wide_products(half: Tensor) -> bool:
    """Whether products of such tensors can be summed and given out in float32."""
    return half.is_cuda and half.dtype in (torch.bfloat16, torch.float16)


def _add_product(sum_VD: Tensor, left_VC: Tensor, right_CD: Tensor) -> None:
    if _has_wide_products(right_CD):
        left_VC = left_VC.to(right_CD.dtype)
        sum_VD.add_(torch.mm(left_VC, right_CD, out_dtype=torch.float32))
    else:
        sum_VD.addmm_(left_VC, right_CD.to(sum_VD.dtype))


def _logits(hidden_CD: Tensor, weight_VD: Tensor, temperature: float) -> Tensor:
    wide = _wide_dtype(hidden_CD)
    if _has_wide_products(weight_VD) and hidden_CD.dtype == weight_VD.dtype:
        logits_CV = torch.mm(hidden_CD, weight_VD.T, out_dtype=torch.float32)
        return logits_CV if temperature == 1.0 else logits_CV.div_(temperature)
    hidden_CD = hidden_CD.to(wide)
    logits_CV = hidden_CD.new_empty(len(hidden_CD), len(weight_VD))
    for block in _blocks(weight_VD, wide):
        torch.mm(hidden_CD, weight_VD[block].to(wide).T, out=logits_CV[:, block])
    return logits_CV if temperature == 1.0 else logits_CV.div_(temperature)


def _normaliser(logits_CV: Tensor, *, want_entropy: bool) -> tuple[Tensor, Tensor | None]:
    """log sum exp of each row, and the entropy; overwrites the logits."""
    largest_C = logits_CV.amax(1)
    shifted_CV = logits_CV.sub_(largest_C[:, None])
    if not want_entropy:
        return shifted_CV.exp_().sum(1).log_().add_(largest_C), None
    power_CV = shifted_CV.exp()
    total_C = power_CV.sum(1)
    mean_C = power_CV.mul_(shifted_CV).sum(1) / total_C
    log_total_C = total_C.log()
    return log_total_C + largest_C, log_total_C - mean_C


def _logit_grad(
    logp_CV: Tensor,
    targets_C: Tensor,
    *,
    grad_logp_C: Tensor | None,
    grad_entropy_C: Tensor | None,
    entropy_C: Tensor | None,
) -> Tensor:
    """Gradient of the (tempered) logits; overwrites `logp_CV`.

    d logp[target] / d z_j = [j = target] - p_j, and dH / d z_j = -p_j (log p_j + H).
    """
    if grad_entropy_C is None:
        assert grad_logp_C is not None
        grad_CV = logp_CV.exp_().mul_(-grad_logp_C[:, None])
    else:
        assert entropy_C is not None
        p_CV = logp_CV.exp()
        grad_CV = logp_CV.add_(entropy_C[:, None]).mul_(grad_entropy_C[:, None])
        if grad_logp_C is not None:
            grad_CV.add_(grad_logp_C[:, None])
        grad_CV.mul_(p_CV).neg_()
    if grad_logp_C is not None:
        grad_CV.scatter_add_(1, targets_C[:, None], grad_logp_C[:, None])
    return grad_CV


def _times_weight(grad_CV: Tensor, weight_VD: Tensor) -> Tensor:
    if _has_wide_products(weight_VD):
        return torch.mm(grad_CV.to(weight_VD.dtype), weight_VD, out_dtype=torch.float32)
    product_CD = grad_CV.new_zeros(len(grad_CV), weight_VD.shape[1])
    for block in _blocks(weight_VD, grad_CV.dtype):
        product_CD.addmm_(grad_CV[:, block], weight_VD[block].to(grad_CV.dtype))
    return product_CD
