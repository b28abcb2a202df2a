"""The layouts of a batch in bfloat16, on the processor and, where there is one, on a GPU.

In float64 all layouts give one gradient to 1e-6 and better (test_learner.py and the conformance
suite). In bfloat16 every product is rounded to 8 bits, in another place in another layout. The
tolerances: 2 % of the gradient's length between layouts, and 3 % to the float32 gradient.
"""

import pytest

torch = pytest.importorskip("torch")

from dataclasses import replace

from verigrad.algorithms import PRESETS, preset
from verigrad.core.recipe import Build
from verigrad.training.batch import PolicyBatch
from verigrad.training.learner import Learner
from verigrad.training.options import CriticOptions, LearnerOptions
from verigrad.training.packing import Sample
from verigrad.training.policy import build_policy

BETWEEN_LAYOUTS, TO_FLOAT32 = 0.02, 0.03
ADVANTAGES = (-1.0, 0.5, 1.0, -0.5)
BUILD = Build(
    hidden_size=64,
    num_layers=2,
    num_heads=4,
    num_kv_heads=2,
    intermediate_size=128,
    max_positions=128,
    alphabet="0123456789",
)
DEVICES = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU"),
    ),
]


def make_batch(*, longer_by=2):
    """Four groups of four; prompts of 3 tokens and, each, more; responses of 2 to 40."""
    draw = torch.Generator().manual_seed(5)

    def ids(count):
        return tuple(torch.randint(1, 15, (count,), generator=draw).tolist())

    samples = []
    for group in range(4):
        prompt = ids(3 + longer_by * group)
        for place in range(4):
            response = ids(2 + (7 * group + 11 * place) % 39)
            samples.append(Sample(prompt, response, (True,) * len(response), group))
    advantages = tuple(ADVANTAGES[(n + n // 4) % 4] for n in range(16))
    return PolicyBatch(tuple(samples), advantages, (), temperature=1.0, max_tokens=40)


def make_learner(device, precision, **options):
    policy = build_policy(BUILD, seed=0)
    policy.model.to(device)
    settings = LearnerOptions(
        precision=precision,
        optimizer="sgd",
        max_gradient_norm=1e9,
        critic=CriticOptions(),
        **options,
    )
    learner = Learner(policy, settings, reference=build_policy(BUILD, seed=1))
    learner.reference.model.to(device)
    learner.teacher = learner.reference
    return learner


def with_columns(batch):
    """What was sampled, 5 % off to either side in turn, and what token-wise objectives read."""
    near = make_learner("cpu", "float32").token_logps(batch.samples)
    rows = list(zip(near, batch.advantages, strict=True))
    return replace(
        batch,
        behaviour_logps=tuple(
            tuple(p + 0.05 * (-1.0) ** n for n, p in enumerate(logps.tolist())) for logps in near
        ),
        values=tuple(torch.zeros_like(logps) for logps in near),
        returns=tuple(torch.full_like(logps, a) for logps, a in rows),
    )


def gradient_of(name, batch, device, precision, *, packs=True, **options):
    """As the change of the weights in one step of plain descent at rate 1, on the processor."""
    learner = make_learner(device, precision, **options)
    if not packs:
        learner.policy.model.config.hidden_act = "gelu"  # left to transformers' own forward
    before = {key: value.clone() for key, value in learner.weights().items()}
    learner.policy_step(batch, preset(name), learning_rate=1.0)
    moved = [before[key] - value for key, value in learner.weights().items()]
    return torch.cat([value.flatten().float().cpu() for value in moved])


def apart(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def within_groups(batch):
    """The samples of every group in another order, and the groups too."""
    order = [group * 4 + place for group in (2, 0, 3, 1) for place in (3, 1, 0, 2)]
    return batch.select(order)


LAYOUTS = {
    "micro_batches": lambda name, batch, device: gradient_of(
        name, batch, device, "bfloat16", tokens_per_micro_batch=60
    ),
    "recomputed_layers": lambda name, batch, device: gradient_of(
        name, batch, device, "bfloat16", recompute_layers=True
    ),
    "padded": lambda name, batch, device: gradient_of(name, batch, device, "bfloat16", packs=False),
    "permutation": lambda name, batch, device: gradient_of(
        name, within_groups(batch), device, "bfloat16"
    ),
}


@pytest.fixture(scope="module")
def batch():
    return with_columns(make_batch())


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_layout_gives_one_gradient_in_bfloat16(batch, name, device):
    expected = gradient_of(name, batch, "cpu", "float32")
    assert expected.norm() > 1e-4
    rough = gradient_of(name, batch, device, "bfloat16")
    assert apart(rough, expected) < TO_FLOAT32
    for layout, gradient in LAYOUTS.items():
        assert apart(gradient(name, batch, device), rough) < BETWEEN_LAYOUTS, layout


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", sorted(PRESETS))
def test_the_gradient_in_float32_is_the_processors(batch, name, device):
    expected = gradient_of(name, batch, "cpu", "float32")
    found = gradient_of(name, batch, device, "float32", tokens_per_micro_batch=60)
    assert apart(found, expected) < 1e-4


@pytest.mark.parametrize("device", DEVICES)
def test_prompts_of_one_length_take_another_kernel_and_give_the_same(device):
    batch = with_columns(make_batch(longer_by=0))
    expected = gradient_of("dr_grpo", batch, "cpu", "float32")
    assert apart(gradient_of("dr_grpo", batch, device, "bfloat16"), expected) < TO_FLOAT32


def test_that_kernels_mask_is_the_one_it_stands_for():
    from torch.nn.attention.bias import causal_lower_right

    from verigrad.training.packing import pack

    packed = pack(make_batch(longer_by=0).samples)
    masks = [bucket.mask for bucket in packed.buckets if bucket.mask is not None]
    assert masks
    for mask in masks:
        assert len(mask) == 1
        assert torch.equal(causal_lower_right(*mask.shape[2:])._materialize(), mask[0, 0])
