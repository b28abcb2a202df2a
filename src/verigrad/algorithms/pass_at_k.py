"""Advantages that reward a group for passing at least once in k tries.

B rollouts  G groups  n rows of one group, c of them correct
"""

from __future__ import annotations

import torch
from torch import Tensor

from verigrad.algorithms.segments import num_segments_of, segment_count, segment_sum


def failing_share(n: Tensor, wrong: Tensor, k: int) -> Tensor:
    """C(wrong, k) / C(n, k): the chance that k rows drawn of n are all among the wrong ones.

    A product of k factors, so that no factorial overflows; 0 where wrong < k.

    >>> failing_share(torch.tensor(4.0), torch.tensor(3.0), 2).item()
    0.5
    """
    share = torch.ones_like(n)
    for i in range(k):
        share = share * ((wrong - i).clamp(min=0) / (n - i).clamp(min=1))
    return share


def pass_at_k_advantages(reward_B: Tensor, group_B: Tensor, *, k: int) -> Tensor:
    """Analytic pass@k advantages of binary rewards, (B,); 0 in groups without spread.

    Source: "Pass@k Training" (arXiv 2508.10751). With c correct and w wrong rows of n, a random
    set of k passes with R = 1 - C(w,k)/C(n,k), of deviation s = sqrt(R(1-R)). A correct row's
    sets always pass: (1 - R)/s. A wrong row's pass with 1 - C(w-1,k-1)/C(n-1,k-1), less R, by s.
    A group smaller than k is an error.

    For n=4, one correct, k=2: R = 1 - 3/6 = 1/2, s = 1/2; correct (1 - 1/2)/s = 1; wrong
    (1 - 2/3 - 1/2)/s = -1/3.

    >>> reward = torch.tensor([1.0, 0, 0, 0], dtype=torch.float64)
    >>> pass_at_k_advantages(reward, torch.zeros(4, dtype=torch.int64), k=2)
    tensor([ 1.0000, -0.3333, -0.3333, -0.3333], dtype=torch.float64)
    """
    correct_B = (reward_B > 0.5).to(reward_B.dtype)
    num_groups = num_segments_of(group_B)
    n_B = segment_count(group_B, num_groups)[group_B].to(reward_B.dtype)
    if n_B.numel() and int(n_B.min()) < k:
        raise ValueError(f"pass@{k} needs groups of at least {k} rows, one has {int(n_B.min())}")
    wrong_B = n_B - segment_sum(correct_B, group_B, num_groups)[group_B]
    mean_B = 1 - failing_share(n_B, wrong_B, k)
    std_B = (mean_B * (1 - mean_B)).sqrt()
    own_B = torch.where(correct_B > 0, 1.0, 1 - failing_share(n_B - 1, wrong_B - 1, k - 1))
    return torch.where(std_B > 0, (own_B - mean_B) / std_B.clamp(min=1e-12), 0.0)
