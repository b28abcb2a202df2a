"""The whole RL step beside TRL's GRPOTrainer: sampling, verdicts, update; and time to accuracy.

    python benchmarks/step_speed.py [--sizes 1M,5M,25M] [--steps 6]
    python benchmarks/step_speed.py --to-accuracy 0.9 [--seeds 0,1,2]

Both sides get the quickstart's problems, prompts and verifier, equal weights, 256 completions of at
most 48 tokens and one update of Dr. GRPO's loss. In the first mode a coin pays in
place of the verdict (the verifier is called all the same), so that no group is without spread and
none is skipped. TRL runs at the best of `--trl-settings` tried in the same run, we at the better of
float32 and bfloat16 activations. In the second mode both train from one warm start until held-out
greedy accuracy (measured outside the time, by the same code) reaches the target; TRL may take the
quickstart's learning rate and three times it, and the better counts. The last line is one JSON
object. `--clock processor` counts processor time, for busy machines.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable

import torch
from transformers import TrainerCallback

from verigrad.core.config import bind
from verigrad.core.recipe import Recipe
from verigrad.core.types import Message, Problem
from verigrad.evaluation.evaluate import evaluate
from verigrad.pipelines.demo import RECIPE, recipe_text
from verigrad.pipelines.learner import make_learner
from verigrad.pipelines.prepare import Prepared, prepare
from verigrad.training.loop import RlLoop
from verigrad.training.supervised import SupervisedLoop

SIZES = {"1M": (128, 4, 4, 2, 512), "5M": (256, 6, 4, 2, 768), "25M": (512, 8, 8, 4, 1536)}
GROUPS, GROUP, LONGEST = 32, 8, 48
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
NEVER = 10**6


def prepared_for(size: str, *, seed: int, precision: str, changes: tuple[str, ...]) -> Prepared:
    """The quickstart at another size, ready to train."""
    hidden, layers, heads, kv_heads, inner = SIZES[size]
    overrides = [
        f"seed={seed}",
        f'model.precision="{precision}"',
        f"model.build.hidden_size={hidden}",
        f"model.build.num_layers={layers}",
        f"model.build.num_heads={heads}",
        f"model.build.num_kv_heads={kv_heads}",
        f"model.build.intermediate_size={inner}",
        "rollouts.temperature=1.0",
        f"rollouts.num_rollouts={GROUP}",
        f"rollouts.max_output_tokens={LONGEST}",
        f"training.problems_per_step={GROUPS}",
        "training.final_rate_share=1.0",
        *changes,
    ]
    return prepare(bind(Recipe, recipe_text(RECIPE), name=RECIPE, overrides=overrides))


def goes_on(_number: int) -> bool:
    return False


def loop_of(prepared: Prepared) -> tuple[RlLoop, Callable[[], object]]:
    engine = prepared.make_engine()
    learner = make_learner(prepared, is_rl=True)
    engine.load(learner.weights())
    loop = RlLoop(
        prepared.tasks,
        engine,
        prepared.renderer,
        learner,
        prepared.objective,
        prepared.recipe.rollouts,
        prepared.recipe.training,
        prepared.recipe.seed,
        prepared.playing,
    )
    return loop, loop.ahead.close


def our_steps(prepared: Prepared, steps: int, *, clock: str, after=goes_on):
    """Seconds of each step; `after(number)` runs outside the time and may end it."""
    now, seconds = CLOCKS[clock], []
    loop, close = loop_of(prepared)
    try:
        for number in range(1, steps + 1):
            start = now()
            loop.step(number)
            seconds.append(now() - start)
            if after(number):
                break
    finally:
        close()
    return seconds


def trl_steps(
    prepared: Prepared,
    steps: int,
    *,
    clock: str,
    micro_batch: int,
    bf16: bool,
    rate: float,
    reward,
    after=goes_on,
):
    """TRL's own loop on the same model and problems; seconds as `our_steps`."""
    from accelerate.state import AcceleratorState
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    AcceleratorState._reset_state(reset_partial_state=True)
    now, seconds = CLOCKS[clock], []
    (task,) = prepared.tasks.values()
    seed = prepared.recipe.seed
    rows = [
        {
            "prompt": [message.to_json() for message in problem.prompt],
            "reference": str(problem.answer),
        }
        for number in range(1, steps + 1)
        for problem in task.source.train(GROUPS, step=number, seed=seed)
    ]

    class Clock(TrainerCallback):
        def on_step_begin(self, *_, **__):
            self.start = now()

        def on_step_end(self, _args, state, control, **__):
            seconds.append(now() - self.start)
            if after(state.global_step):
                control.should_training_stop = True

    with tempfile.TemporaryDirectory() as folder:
        GRPOTrainer(
            model=prepared.policy.model,
            reward_funcs=reward,
            args=GRPOConfig(
                output_dir=folder,
                use_cpu=True,
                bf16=bf16,
                per_device_train_batch_size=micro_batch,
                gradient_accumulation_steps=GROUPS * GROUP // micro_batch,
                num_generations=GROUP,
                max_completion_length=LONGEST,
                max_steps=steps,
                learning_rate=rate,
                lr_scheduler_type="constant",
                adam_beta2=prepared.recipe.training.beta2,
                loss_type="dr_grpo",
                scale_rewards="none",
                beta=0.0,
                temperature=prepared.recipe.rollouts.temperature,
                gradient_checkpointing=False,
                shuffle_dataset=False,
                logging_steps=NEVER,
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                seed=seed,
            ),
            train_dataset=Dataset.from_list(rows),
            processing_class=prepared.policy.tokenizer,
            callbacks=[Clock()],
        ).train()
    return seconds


def reward_of(prepared: Prepared, *, is_coin: bool):
    """TRL's reward function: our verifier, or a coin beside it."""
    (task,) = prepared.tasks.values()
    coin = random.Random(prepared.recipe.seed)

    def verdicts(completions, reference, **_):
        pairs = [
            (Problem((Message("user", ""),), answer), completion[0]["content"])
            for completion, answer in zip(completions, reference, strict=True)
        ]
        scores = [float(v.is_correct) for v in task.verifier.verify_batch(pairs)]
        return [float(coin.random() < 0.5) for _ in scores] if is_coin else scores

    return verdicts


def measure_steps(size: str, *, steps: int, clock: str, trl_settings: list[tuple[int, bool]]):
    """Completions a second of both sides, each at its best."""
    coin = ('training.control="random"', "training.learning_rate=1e-6")
    rates: dict[str, float] = {}
    for precision in ("float32", "bfloat16"):
        prepared = prepared_for(size, seed=0, precision=precision, changes=coin)
        seconds = our_steps(prepared, steps, clock=clock)
        rates[f"ours {precision}"] = GROUPS * GROUP / statistics.median(seconds[1:])
    for micro_batch, bf16 in trl_settings:
        prepared = prepared_for(size, seed=0, precision="float32", changes=coin)
        seconds = trl_steps(
            prepared,
            steps,
            clock=clock,
            micro_batch=micro_batch,
            bf16=bf16,
            rate=1e-6,
            reward=reward_of(prepared, is_coin=True),
        )
        name = f"trl {micro_batch}{' bf16' if bf16 else ''}"
        rates[name] = GROUPS * GROUP / statistics.median(seconds[1:])
    ours, theirs = (max((k for k in rates if k.startswith(s)), key=rates.get) for s in ("o", "t"))
    return {
        "size": size,
        "ours": round(rates[ours], 1),
        "ours_setting": ours,
        "trl": round(rates[theirs], 1),
        "trl_setting": theirs,
        "ratio": round(rates[ours] / rates[theirs], 2),
        "all": {name: round(rate, 1) for name, rate in rates.items()},
    }


def accuracy_of(prepared: Prepared) -> float:
    """Held-out greedy accuracy of the policy as it is, by a fresh engine on its weights."""
    model = prepared.policy.model
    weights = {name: tensor.detach().float() for name, tensor in model.state_dict().items()}
    twin = copy.copy(prepared)
    engine = twin.engine.make(
        copy.deepcopy(model).float().eval(),
        prepared.policy.tokenizer,
        end_token_ids=prepared.renderer.end_token_ids,
        max_rows=prepared.recipe.rollouts.max_rows,
    )
    engine.load(weights)
    return evaluate(
        prepared.tasks,
        prepared.held_out,
        engine=engine,
        renderer=prepared.renderer,
        max_output_tokens=LONGEST,
        name="probe",
        step=0,
        playing=prepared.playing,
    ).evaluation.accuracy


def warm_start(seed: int) -> dict[str, torch.Tensor]:
    """The weights that the quickstart's warm-up ends with."""
    prepared = prepared_for("1M", seed=seed, precision="auto", changes=())
    learner = make_learner(prepared, is_rl=False)
    recipe = prepared.recipe
    loop = SupervisedLoop(
        prepared.tasks,
        prepared.renderer,
        learner,
        recipe.warm_up,
        recipe.training.max_gradient_norm,
        recipe.seed,
        prepared.playing,
    )
    for number in range(1, recipe.warm_up.steps + 1):
        loop.step(number)
        is_due = number % recipe.warm_up.probe_every == 0
        if is_due and accuracy_of(prepared) >= (recipe.warm_up.until_accuracy or 1.0):
            break
    return {name: t.detach().clone() for name, t in prepared.policy.model.state_dict().items()}


def seconds_to(target: float, run, prepared: Prepared, *, every: int) -> float | None:
    """Seconds of steps until held-out accuracy reaches the target; None if it never does."""
    reached: list[int] = []

    def after(number: int) -> bool:
        if number % every == 0 and accuracy_of(prepared) >= target:
            reached.append(number)
        return bool(reached)

    seconds = run(after)
    return sum(seconds[: reached[0]]) if reached else None


def measure_to_accuracy(target: float, seed: int, *, most: int, every: int, clock: str):
    """Seconds of both sides from the same warm start."""
    start = warm_start(seed)

    def fresh(changes: tuple[str, ...]) -> Prepared:
        prepared = prepared_for("1M", seed=seed, precision="auto", changes=changes)
        prepared.policy.model.load_state_dict(start)
        return prepared

    recipe = fresh(()).recipe
    own = ("rollouts.temperature=0.5", f"training.steps={most}")
    ours = fresh(own)
    result: dict[str, object] = {"seed": seed, "start": accuracy_of(ours)}
    result["ours_s"] = seconds_to(
        target, lambda after: our_steps(ours, most, clock=clock, after=after), ours, every=every
    )
    rate = recipe.training.learning_rate
    for factor in (1, 3):
        theirs = fresh(own)
        result[f"trl_rate_x{factor}_s"] = seconds_to(
            target,
            lambda after, theirs=theirs, factor=factor: trl_steps(
                theirs,
                most,
                clock=clock,
                micro_batch=64,
                bf16=False,
                rate=factor * rate,
                reward=reward_of(theirs, is_coin=False),
                after=after,
            ),
            theirs,
            every=every,
        )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1M,5M,25M")
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--trl-settings", default="64,64b,128", help="micro-batches; b: bfloat16")
    parser.add_argument("--to-accuracy", type=float)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--most-steps", type=int, default=200)
    parser.add_argument("--every", type=int, default=4, help="steps between two accuracies")
    parser.add_argument("--clock", choices=CLOCKS, default="wall")
    options = parser.parse_args()
    settings = [(int(s.rstrip("b")), s.endswith("b")) for s in options.trl_settings.split(",")]
    lines = []
    if options.to_accuracy is not None:
        for seed in map(int, options.seeds.split(",")):
            lines.append(
                measure_to_accuracy(
                    options.to_accuracy,
                    seed,
                    most=options.most_steps,
                    every=options.every,
                    clock=options.clock,
                )
            )
            print(lines[-1], flush=True)
    else:
        for size in options.sizes.split(","):
            lines.append(
                measure_steps(size, steps=options.steps, clock=options.clock, trl_settings=settings)
            )
            print(lines[-1], flush=True)
    print(json.dumps({"torch": torch.__version__, "clock": options.clock, "lines": lines}))


if __name__ == "__main__":
    main()
