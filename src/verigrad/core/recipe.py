"""The recipe: one TOML file that says all of a run, as frozen pydantic models.

Sections that name a part of another package (`source`, `verifier`, `reward` terms) keep that
part's own switches as extra keys; they are checked when the part is bound, with the same errors.
"""

from __future__ import annotations

import string
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from verigrad.core.config import Strict
from verigrad.core.curriculum import CurriculumSection
from verigrad.core.isolation import SandboxSection
from verigrad.core.trust import Control, NoiseSection, TrustSection

ALPHABET = " \n" + string.digits + string.ascii_letters + string.punctuation


class Build(Strict):
    """A new, small model made on the spot (for demos, tests and studies).

    Its tokens are the characters of `alphabet`, and each of the longer texts in `pieces`.
    """

    architecture: Literal["qwen3", "qwen2", "llama", "mistral"] = "qwen3"
    hidden_size: int = Field(default=128, ge=8)
    num_layers: int = Field(default=4, ge=1)
    num_heads: int = Field(default=4, ge=1)
    num_kv_heads: int = Field(default=2, ge=1)
    intermediate_size: int = Field(default=512, ge=8)
    max_positions: int = Field(default=256, ge=16)
    alphabet: str = ALPHABET
    pieces: tuple[str, ...] = ()


class LoraSection(Strict):
    """Low-rank adapters: only they learn. `targets` are names of linear layers."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    targets: tuple[str, ...] = (
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    )


class ModelSection(Strict):
    """The policy: a hub id or folder, or a model built on the spot. Exactly one of the two.

    `device` "auto" is the first accelerator, or the processor where there is none; `precision`
    "auto" (of activations) is bfloat16 where the device has instructions for it, else float32. With
    `lora` the RL stage trains adapters only.
    """

    path: str | None = None
    build: Build | None = None
    precision: Literal["auto", "float32", "bfloat16"] = "float32"
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?|mps)$")
    lora: LoraSection | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.path is None) == (self.build is None):
            raise ValueError("give either `path` or `build`, and not both")
        return self


class Part(Strict):
    """A part chosen by `kind`, with that part's own switches beside it."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str

    @property
    def switches(self) -> dict[str, Any]:
        """The part's own keys."""
        return dict(self.model_extra or {})


class Source(Strict):
    """Where problems come from: a file, a hub dataset or a generator. Exactly one of the three.

    Keys beside these are the generator's own (its difficulty dial).
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    path: str | None = None
    hub: str | None = None
    generator: str | None = None
    split: str = "train"
    prompt: str | None = None
    answer: str | None = None
    solution: str | None = None
    info: tuple[str, ...] = ()  # columns that go along for the verifier
    held_out_path: str | None = None
    held_out_share: float = Field(default=0.1, gt=0.0, lt=1.0)
    size: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [name for name in ("path", "hub", "generator") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("give exactly one of `path`, `hub` and `generator`")
        if self.generator is None and self.model_extra:
            raise ValueError(f"unknown keys {sorted(self.model_extra)} for a source of rows")
        return self

    @property
    def switches(self) -> dict[str, Any]:
        """A generator's own keys; `size` is one of them (of rows it is how many are taken)."""
        size = {} if self.size is None else {"size": self.size}
        return {**size, **(self.model_extra or {})}


class PromptSection(Strict):
    """How a question becomes chat messages."""

    template: str = "{question}"
    system: str | None = None
    answer_in: Literal["boxed", "hash", "tag"] | None = None  # asks for the answer in that place


class RewardSection(Strict):
    """Verdict -> reward. `gate = "correct"`: only a full score pays; "score": the score itself.

    `facts` are weights of what an environment counted: `facts = { tool_errors = -0.1 }`. `format`,
    `language` and `repetition` read what the verifier `observed` measured, `preference` the score
    of the recipe's `[reward_model]`.
    """

    gate: Literal["correct", "score"] = "correct"
    value: float = 1.0
    length: Part | None = None
    overlong: Part | None = None
    format: Part | None = None
    language: Part | None = None
    repetition: Part | None = None
    preference: Part | None = None
    facts: dict[str, float] = Field(default_factory=dict)


class TaskSection(Strict):
    """A task: source + prompt + verifier + reward.

    `allow` names lint findings that are known and accepted ("duplicate", "leakage", ...). `steps`
    says where the step rewards of process supervision come from. `shadow` is a second verifier
    that judges a share of the rollouts and never pays; `held_out` a third, kept for looking.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$")
    source: Source
    verifier: Part
    prompt: PromptSection = PromptSection()
    reward: RewardSection = RewardSection()
    shadow: Part | None = None
    held_out: Part | None = None
    steps: Part | None = None
    environment: Part | None = None
    weight: float = Field(default=1.0, gt=0.0)
    allow: tuple[str, ...] = ()


class WarmUpSection(Strict):
    """Supervised cold start on worked solutions; `steps = 0` leaves it out.

    With `until_accuracy` it ends as soon as a probe of `probe_problems` training problems,
    answered greedily every `probe_every` steps, is right at least that often.
    """

    steps: int = Field(default=0, ge=0)
    problems_per_step: int = Field(default=128, ge=1)
    learning_rate: float = Field(default=2e-3, gt=0.0)
    warm_up_steps: int = Field(default=20, ge=0)
    final_rate_share: float = Field(default=0.1, ge=0.0, le=1.0)
    until_accuracy: float | None = Field(default=None, gt=0.0, le=1.0)
    probe_every: int = Field(default=10, ge=1)
    probe_problems: int = Field(default=128, ge=1)


class ThinkingSection(Strict):
    """Reasoning before the answer.

    `mode`: "mixed" leaves it out for `off_share` of the problems. `switch` says how the policy is
    told: the template's `enable_thinking`, Qwen3's `/think` and `/no_think` behind the question, or
    not at all. A turn's reasoning ends after `budget` tokens: `closing`, the closing mark and
    `after_closing` are put in. Below `minimum` tokens the closing mark is taken away and
    `extension` put in, at most `max_extensions` times. `effort` names one of `efforts`, whose
    number is the budget, or "mixed": one drawn for each problem; `effort_text` tells the policy.
    `opens` and `closes` are the marks where the template does not show them.
    """

    mode: Literal["on", "off", "mixed"] = "on"
    off_share: float = Field(default=0.5, ge=0.0, le=1.0)
    switch: Literal["template", "prompt", "none"] = "template"
    budget: int | None = Field(default=None, ge=1)
    closing: str = (
        "\n\nConsidering the limited time by the user, I have to give the solution based on the "
        "thinking directly now.\n"
    )
    after_closing: str = "\n\n"
    minimum: int = Field(default=0, ge=0)
    extension: str = "Wait"
    max_extensions: int = Field(default=1, ge=1)
    effort: str | None = None
    efforts: dict[str, int] = Field(default_factory=dict)
    effort_text: str = "Reasoning effort: {effort}"
    opens: str | None = None
    closes: str | None = None

    @model_validator(mode="after")
    def _known_effort(self) -> Self:
        if self.effort is not None and not self.efforts:
            raise ValueError("`effort` needs `efforts`: names and budgets")
        if self.effort is not None and self.effort not in ("mixed", *self.efforts):
            raise ValueError(f"`effort` must be one of {sorted(self.efforts)}, or mixed")
        if any(budget < 1 for budget in self.efforts.values()):
            raise ValueError("the budgets of `efforts` must be at least 1")
        if self.effort is not None and self.budget is not None:
            raise ValueError("give `budget` or `effort`, and not both")
        if (self.opens is None) != (self.closes is None):
            raise ValueError("give both of `opens` and `closes`, or neither")
        if not self.extension:
            raise ValueError("`extension` must not be empty")
        return self


class PartialSection(Strict):
    """Partial rollouts (Kimi k1.5, arXiv:2501.12599, section 2.6.2).

    A rollout samples at most `tokens_per_step` tokens in a step; what is not finished goes on in
    the next one, under the new weights, and its group is trained on once it is whole. A group that
    is not after `max_steps` steps is dropped, and counted.
    """

    tokens_per_step: int = Field(ge=1)
    max_steps: int = Field(default=8, ge=2)


class RolloutSection(Strict):
    """Sampling.

    `max_staleness` is by how many updates the weights that sampled a batch may be older than those
    it trains: with 1 the next batch is sampled while this one is learned from; 0 waits.
    `tool_threads` environments answer, and `verify_threads` groups are judged, at a time. Once
    `give_up_after` rollouts of a group are over with one and the same score, the rest is given up.
    """

    engine: Part = Part(kind="torch")  # `engine = "torch"`, or a table with its own switches
    num_rollouts: int = Field(default=8, ge=1)
    max_output_tokens: int = Field(default=256, ge=1)
    temperature: float = Field(default=1.0, gt=0.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    top_k: int = Field(default=0, ge=0)
    max_rows: int = Field(default=256, ge=1)
    thinking: ThinkingSection | None = None
    partial: PartialSection | None = None
    max_staleness: int = Field(default=0, ge=0, le=8)
    tool_threads: int = Field(default=16, ge=1)
    verify_threads: int = Field(default=2, ge=1)
    give_up_after: int | None = Field(default=None, ge=2)

    @field_validator("engine", mode="before")
    @classmethod
    def _engine_by_name(cls, value: Any) -> Any:
        return {"kind": value} if isinstance(value, str) else value


class ObjectiveSection(Strict):
    """A preset of `algorithms`, and parts of it replaced by name."""

    model_config = ConfigDict(frozen=True, extra="allow")

    preset: str = "dr_grpo"

    @property
    def changes(self) -> dict[str, Any]:
        """Parts replaced."""
        return dict(self.model_extra or {})


class CriticSection(Strict):
    """The value model of objectives that have one.

    "separate": a model of its own, begun as a copy of the policy; "shared": a head on the policy's
    hidden states. Without `learning_rate` it is ten times the policy's; both follow one schedule.
    """

    kind: Literal["separate", "shared"] = "separate"
    passes: int = Field(default=2, ge=1)  # steps of a separate one for each step of the policy
    learning_rate: float | None = Field(default=None, gt=0.0)


class ReferenceSection(Strict):
    """The policy that a KL holds the policy to, where the objective has one.

    "frozen": as the RL stage began (with LoRA: the base without its adapter, at no cost). "ema":
    an average of the past, `decay` of it kept in every optimizer step.
    """

    kind: Literal["frozen", "ema"] = "frozen"
    decay: float = Field(default=0.99, gt=0.0, lt=1.0)


class TeacherSection(Strict):
    """The model that on-policy distillation learns from: a hub id or folder, same tokenizer."""

    path: str


class RewardModelSection(Strict):
    """A preference model: a hub id or folder that transformers opens as a sequence classifier with
    one label.

    Its score of an answer becomes the fact `preference` of every rollout, in its own words and
    tokens. It pays only in tasks with `reward = { preference = { kind = "preferred", ... } }`.
    """

    path: str


class TrainingSection(Strict):
    """The optimizer and the loop.

    Each batch is gone through `updates_per_batch` times, each time in `mini_batches` optimizer
    steps. `resample_groups` bounds how often groups without spread are drawn again in a step;
    where it is not given, the objective decides (DAPO's dynamic sampling).
    """

    steps: int = Field(default=100, ge=0)
    problems_per_step: int = Field(default=32, ge=1)
    updates_per_batch: int = Field(default=1, ge=1)
    mini_batches: int = Field(default=1, ge=1)
    optimizer: Literal["adamw", "adafactor", "sgd", "muon"] = "adamw"
    recompute_layers: bool = False  # less memory for a third more time
    learning_rate: float = Field(default=1e-6, gt=0.0)
    warm_up_steps: int = Field(default=5, ge=0)
    final_rate_share: float = Field(default=1.0, ge=0.0, le=1.0)
    weight_decay: float = Field(default=0.0, ge=0.0)
    beta1: float = Field(default=0.9, ge=0.0, lt=1.0)
    beta2: float = Field(default=0.95, ge=0.0, lt=1.0)
    max_gradient_norm: float = Field(default=1.0, gt=0.0)
    tokens_per_micro_batch: int = Field(default=16384, ge=1)
    resample_groups: int | None = Field(default=None, ge=0)
    checkpoint_every: int = Field(default=0, ge=0)
    keep_checkpoints: int = Field(default=2, ge=1)
    evaluate_every: int = Field(default=0, ge=0)
    record_every: int = Field(default=1, ge=1)
    max_unscored_share: float = Field(default=0.1, ge=0.0, le=1.0)
    control: Control = "none"
    noise: NoiseSection | None = None


class EvaluationSection(Strict):
    """Held-out evaluation before and after."""

    problems: int = Field(default=512, ge=1)
    max_output_tokens: int | None = Field(default=None, ge=1)


class Recipe(Strict):
    """All of a run."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$")
    seed: int = 0
    model: ModelSection
    task: tuple[TaskSection, ...]
    warm_up: WarmUpSection = WarmUpSection()
    rollouts: RolloutSection = RolloutSection()
    objective: ObjectiveSection = ObjectiveSection()
    critic: CriticSection = CriticSection()
    reference: ReferenceSection = ReferenceSection()
    teacher: TeacherSection | None = None
    reward_model: RewardModelSection | None = None
    training: TrainingSection = TrainingSection()
    curriculum: CurriculumSection = CurriculumSection()
    evaluation: EvaluationSection = EvaluationSection()
    sandbox: SandboxSection = SandboxSection()
    trust: TrustSection = TrustSection()

    @model_validator(mode="after")
    def _distinct_tasks(self) -> Self:
        if not self.task:
            raise ValueError("a recipe needs at least one [[task]]")
        names = [task.name for task in self.task]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"task names must differ; twice: {twice}")
        return self
