"""The two sides of the training benchmark: this learner, and TRL's GRPOTrainer through `train()`.

Both get the same completions and rewards, Dr. GRPO's loss, AdamW, one update a batch. TRL takes
the completions through its own `rollout_func`; its own code then pads, shuffles, splits, computes
the loss, goes backward, clips and steps. What it does before the first micro-batch (rewards,
advantages, padding) is timed apart and not counted; ours counts advantages and packing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from train_loads import GROUP, Load, Row
from transformers import AutoModelForCausalLM, Qwen3Config, TrainerCallback

from verigrad.algorithms import advantages, preset
from verigrad.training.batch import PolicyBatch
from verigrad.training.learner import Learner, LearnerOptions
from verigrad.training.packing import Sample
from verigrad.training.policy import Policy, character_tokenizer

# hidden size, layers, heads, kv heads, MLP size
SIZES = {"1M": (128, 4, 4, 2, 512), "5M": (256, 6, 4, 2, 768), "25M": (512, 8, 8, 4, 1536)}
OBJECTIVE = preset("dr_grpo")
RATE = 1e-5
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def make_model(size: str, *, vocabulary: int):
    hidden, layers, heads, kv_heads, inner = SIZES[size]
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=hidden // heads,
        intermediate_size=inner,
        max_position_embeddings=1024,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    return AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")


@dataclass(frozen=True)
class Setting:
    """How a side computes: precision, and rows a micro-batch (TRL) or tokens of one (ours)."""

    precision: str
    micro_batch: int
    recompute: bool = False

    def __str__(self) -> str:
        again = ", recomputed" if self.recompute else ""
        return f"{self.precision}, {self.micro_batch}{again}"


def policy_batch(rows: Sequence[Row], *, max_tokens: int) -> PolicyBatch:
    """The rows as the learner takes them; advantages are part of the time measured."""
    reward_B = torch.tensor([row.reward for row in rows], dtype=torch.float64)
    group_B = torch.tensor([row.group for row in rows])
    return PolicyBatch(
        samples=tuple(
            Sample(row.prompt, row.completion, (True,) * len(row.completion), row.group)
            for row in rows
        ),
        advantages=tuple(advantages(reward_B, group_B, objective=OBJECTIVE).tolist()),
        behaviour_logps=tuple(row.logps for row in rows),
        temperature=1.0,
        max_tokens=max_tokens,
    )


class Ours:
    """This learner on a model of its own."""

    def __init__(self, model, setting: Setting) -> None:
        policy = Policy(model.eval(), None, "built")
        self.learner = Learner(
            policy,
            LearnerOptions(
                precision=setting.precision,
                beta2=0.999,
                tokens_per_micro_batch=setting.micro_batch,
                recompute_layers=setting.recompute,
            ),
        )

    def update(self, rows: Sequence[Row], *, max_tokens: int) -> float:
        """One step; returns the gradient's norm before clipping."""
        batch = policy_batch(rows, max_tokens=max_tokens)
        return self.learner.policy_step(batch, OBJECTIVE, learning_rate=RATE).gradient_norm


@dataclass
class Timed:
    """Seconds and gradient norm of every step."""

    seconds: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)


def paid_before(paid, **_):
    """TRL's reward function: what the rows were paid when they were stored."""
    return paid


def train_trl(
    model,
    load: Load,
    setting: Setting,
    *,
    clock: str,
    folder: Path,
    device: str = "cpu",
    between: Callable[[int], None] = lambda _: None,
    begun: Callable[[], None] = lambda: None,
) -> Timed:
    """TRL over the load's batches; `between(step)` is called after each step, outside its time.

    `begun` is called before each step.
    """
    from accelerate.state import AcceleratorState
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    AcceleratorState._reset_state(reset_partial_state=True)
    timed = Timed()

    def now() -> float:
        if device == "cuda":
            torch.cuda.synchronize()
        return CLOCKS[clock]()

    rows = len(load.batches[0])
    prompts = [
        {"prompt": f"{step}:{group}"}
        for step in range(len(load.batches))
        for group in range(rows // GROUP)
    ]

    def stored(asked: list[str], _trainer) -> dict[str, list]:
        found, taken = [], dict.fromkeys(asked, 0)
        for name in asked:
            step, group = map(int, name.split(":"))
            found.append(load.batches[step][group * GROUP + taken[name]])
            taken[name] += 1
        return {
            "prompt_ids": [list(row.prompt) for row in found],
            "completion_ids": [list(row.completion) for row in found],
            "logprobs": None,
            "paid": [row.reward for row in found],
        }

    class Trainer(GRPOTrainer):
        apart = 0.0

        def _generate_and_score_completions(self, inputs):
            start = now()
            out = super()._generate_and_score_completions(inputs)
            self.apart += now() - start
            return out

    class Clock(TrainerCallback):
        def on_step_begin(self, *_, **__):
            begun()
            trainer.apart, self.start = 0.0, now()

        def on_step_end(self, _args, state, _control, **__):
            timed.seconds.append(now() - self.start - trainer.apart)
            between(state.global_step - 1)

        def on_log(self, _args, _state, _control, logs=None, **__):
            if logs and "grad_norm" in logs:
                timed.norms.append(float(logs["grad_norm"]))

    trainer = Trainer(
        model=model,
        reward_funcs=paid_before,
        args=GRPOConfig(
            output_dir=str(folder),
            use_cpu=device == "cpu",
            bf16=setting.precision == "bfloat16",
            per_device_train_batch_size=setting.micro_batch,
            gradient_accumulation_steps=rows // setting.micro_batch,
            num_generations=GROUP,
            max_completion_length=load.max_tokens,
            max_steps=len(load.batches),
            learning_rate=RATE,
            lr_scheduler_type="constant",
            loss_type="dr_grpo",
            scale_rewards="none",
            beta=0.0,
            temperature=1.0,
            gradient_checkpointing=setting.recompute,
            shuffle_dataset=False,
            logging_steps=1,
            save_strategy="no",
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(prompts),
        processing_class=character_tokenizer("0123456789:", max_positions=8192),
        rollout_func=stored,
        callbacks=[Clock()],
    )
    trainer.train()
    return timed
