"""Peak memory of two updates, each side in a process of its own (`--memory` of train_speed.py).

`peak` is the resident high-water mark of the process. `above` is that less what was resident before
the first update, with libraries, model and trainer in place: what training takes. `way` is `above`
less the gradients and AdamW's two moments, which every way needs: what the way itself costs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

MIB = 2**20


def resident(key: str) -> int:
    """`VmRSS` or `VmHWM` of this process, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"/proc/self/status has no {key}")


def measure(side: str, size: str, load_name: str, *, vocabulary: int, rows: int, setting: str):
    """One line of JSON on standard output."""
    import torch
    from train_loads import made_up
    from train_sides import Ours, Setting, make_model, train_trl

    precision, micro_batch = setting.split(":")
    chosen = Setting(precision, int(micro_batch))
    load = made_up(load_name, rows=rows, steps=2, vocabulary=vocabulary)
    model = make_model(size, vocabulary=vocabulary)
    needed = sum(parameter.numel() for parameter in model.parameters()) * 3 * 4
    if side == "trl":
        with tempfile.TemporaryDirectory() as folder:
            before: list[int] = []
            train_trl(
                model,
                load,
                chosen,
                clock="wall",
                folder=Path(folder),
                begun=lambda: before.append(resident("VmRSS")),
            )
            start = before[0]
    else:
        update = Ours(model, chosen).update if side == "ours" else full_logits(torch, model)
        start = resident("VmRSS")
        for batch in load.batches:
            update(batch, max_tokens=load.max_tokens)
    peak = resident("VmHWM")
    found = {"peak": peak, "above": peak - start, "way": peak - start - needed}
    print(json.dumps({key: round(value / MIB, 1) for key, value in found.items()}))


def full_logits(torch, model) -> Callable[..., None]:
    """What one writes first: pad, forward, log_softmax of all logits, Dr. GRPO's loss, AdamW."""
    from train_sides import RATE, policy_batch

    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE)

    def update(rows, *, max_tokens: int) -> None:
        advantage_B = torch.tensor(policy_batch(rows, max_tokens=max_tokens).advantages)
        width = max(len(row.prompt) + len(row.completion) for row in rows)
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        mask = torch.zeros(len(rows), width)
        for index, row in enumerate(rows):
            tokens = row.prompt + row.completion
            ids[index, : len(tokens)] = torch.tensor(tokens)
            mask[index, len(row.prompt) : len(tokens)] = 1
        logits = model(input_ids=ids).logits[:, :-1]
        logp = logits.log_softmax(-1).gather(2, ids[:, 1:, None])[..., 0]
        ratio = (logp - logp.detach()).exp()
        loss = -(ratio * advantage_B[:, None] * mask[:, 1:]).sum() / (len(rows) * max_tokens)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return update


def in_process(side: str, size: str, load: str, **shape: object) -> dict[str, float]:
    """`measure` in a fresh process."""
    command = [sys.executable, str(Path(__file__).with_name("train_speed.py")), "--memory"]
    command += [json.dumps({"side": side, "size": size, "load_name": load, **shape})]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{side} {size} {load}: {done.stderr[-1500:]}")
    return json.loads(done.stdout.splitlines()[-1])
