"""Peak memory of one log-probability pass (forward and backward) at a large vocabulary.

Each way runs in a process of its own; its peak is the growth of the resident set over what hidden
states, weight and both their gradients take, so that only the way itself is compared.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time

WAYS = ("full_log_softmax", "full_logsumexp", "chunked", "chunked_entropy")


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measure(way: str, *, tokens: int, vocabulary: int, width: int, chunk: int) -> dict[str, float]:
    import torch

    from verigrad.algorithms.logprobs import token_logps

    torch.manual_seed(0)
    hidden = torch.randn(tokens, width).mul_(0.1).requires_grad_()
    weight = torch.randn(vocabulary, width).mul_(0.1).requires_grad_()
    targets = torch.randint(vocabulary, (tokens,))
    hidden.grad, weight.grad = torch.ones_like(hidden), torch.ones_like(weight)
    torch.mm(hidden[:2].detach(), weight[:16].detach().T)  # loads the maths libraries
    before, start = peak_bytes(), time.perf_counter()
    if way == "full_log_softmax":
        logps = (hidden @ weight.T).log_softmax(-1).gather(1, targets[:, None]).squeeze(1)
        loss = logps.sum()
    elif way == "full_logsumexp":
        logits = hidden @ weight.T
        logps = logits.gather(1, targets[:, None]).squeeze(1) - logits.logsumexp(-1)
        del logits
        loss = logps.sum()
    else:
        wanted = way == "chunked_entropy"
        out = token_logps(hidden, weight, targets, chunk_size=chunk, want_entropy=wanted)
        loss = out.logp_T.sum() + (0 if out.entropy_T is None else out.entropy_T.sum())
    loss.backward()
    extra = peak_bytes() - before
    weight_gradient = weight.numel() * 4  # a fresh gradient exists beside the one added to
    return {
        "extra_mib": extra / 2**20,
        "extra_above_gradient_mib": (extra - weight_gradient) / 2**20,
        "seconds": time.perf_counter() - start,
    }


def in_process(way: str, arguments: list[str]) -> dict[str, float]:
    command = [sys.executable, __file__, "--way", way, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--vocabulary", type=int, default=151_936)
    parser.add_argument("--width", type=int, default=128)
    parser.add_argument("--chunk", type=int, default=128)
    given = parser.parse_args()
    shape = {k: getattr(given, k) for k in ("tokens", "vocabulary", "width", "chunk")}
    if given.way:
        print(json.dumps(measure(given.way, **shape)))
        return
    arguments = [part for k, v in shape.items() for part in (f"--{k}", str(v))]
    results = {way: in_process(way, arguments) for way in WAYS}
    print("peak beside hidden states, weight and their gradients; and that less a fresh gradient")
    for way, result in results.items():
        extra, above = result["extra_mib"], result["extra_above_gradient_mib"]
        print(f"{way:18} {extra:8.0f} MiB {above:8.0f} MiB {result['seconds']:6.1f} s")
    shares = {
        measure: {way: results[way][measure] / leanest(results, measure) for way in WAYS[2:]}
        for measure in ("extra_mib", "extra_above_gradient_mib")
    }
    print(json.dumps({**shape, "ways": results, "share_of_full": shares}))


def leanest(results: dict[str, dict[str, float]], measure: str) -> float:
    """The better of the two full-logits ways, so that the comparison does not flatter us."""
    return min(results[way][measure] for way in WAYS[:2])


if __name__ == "__main__":
    main()
