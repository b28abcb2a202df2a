"""Whether two scalar expressions are equal, by the first stage that knows."""

from __future__ import annotations

import hashlib
from typing import NamedTuple, TypeAlias

from flint import fmpq

from verigrad.verifiers.math import modular
from verigrad.verifiers.math.balls import Balls
from verigrad.verifiers.math.limits import (
    DECISION_STEPS,
    MAX_BALL_BITS,
    Meter,
    RefusedError,
    UndefinedError,
)
from verigrad.verifiers.math.lower import Lowering
from verigrad.verifiers.math.nodes import (
    Constant,
    Div,
    Mul,
    Node,
    Number,
    Percent,
    contains,
    symbols,
)
from verigrad.verifiers.math.policy import MathPolicy
from verigrad.verifiers.math.ring import ONE_POLY, UNITY, Form, Ring
from verigrad.verifiers.math.separation import zero_bits
from verigrad.verifiers.math.zero import is_zero

_NUM_POINTS = 6
_MIN_POINTS = 3
_MIN_BITS = 512


class Decision(NamedTuple):
    """Equal or not, by which rule, how surely.

    `undecided` where nothing was shown; `ambiguous` where the response says several things.
    """

    equal: bool
    method: str
    certainty: str
    undecided: bool = False
    ambiguous: bool = False


UNDEFINED = Decision(equal=False, method="undefined value", certainty="exact")


def undecided(why: str) -> Decision:
    """Nothing was shown within the limits."""
    return Decision(equal=False, method=why, certainty="none", undecided=True)


def literal(node: Node) -> fmpq | None:
    """The value of a written number, fraction or their negative; None for anything else."""
    match node:
        case Number(value, _):
            return value
        case Div(Number(a, _), Number(b, _)) if b != 0:
            return a / b
        case Mul((Number(a, _), rest)) if not isinstance(rest, Mul):
            value = literal(rest)
            return None if value is None else a * value
        case Percent(inner):
            value = literal(inner) if not isinstance(inner, Percent) else None
            return None if value is None else value / 100
    return None


Forms: TypeAlias = dict[int, tuple[Ring, Form]]  # normal forms of trees, by identity


class Budget:
    """The work one comparison may take, over all scalars in it."""

    def __init__(self, known: Forms | None = None) -> None:
        self.known = known or {}  # the reference's forms, from when it was read
        self.meter = Meter()
        self.balls = Balls()
        self.forms: Forms = {}


def decide(reference: Node, response: Node, policy: MathPolicy, budget: Budget) -> Decision:
    """Compare two expressions, the reference first."""
    left = literal(reference)
    if left is not None and (right := literal(response)) is not None:
        return Decision(left == right, "rational", "exact")
    try:
        budget.meter.spend(DECISION_STEPS)
        return _decide(reference, response, policy, budget)
    except RefusedError as refusal:
        return undecided(str(refusal))


def _decide(reference: Node, response: Node, policy: MathPolicy, budget: Budget) -> Decision:
    known = budget.known.get(id(reference))
    ring = Ring(budget.meter) if known is None else known[0].fork(budget.meter)
    lowering = Lowering(
        ring, positive=policy.variables == "positive", log_base=policy.log_base, balls=budget.balls
    )
    try:
        left = lowering.form(reference) if known is None else known[1]
        if response is reference:  # it has a value, which is all that is asked
            budget.forms[id(response)] = ring, left
            return Decision(equal=True, method="normal form", certainty="exact")
        right = lowering.form(response)
        budget.forms[id(response)] = ring, right
        gap = ring.add(left, right, -1)
        if is_zero(ring, gap.over):
            return _check_defined(right, ring, response, budget.balls)
        if _is_independent(ring, gap):
            return Decision(equal=False, method="normal form", certainty="exact")
    except UndefinedError:
        return UNDEFINED
    except RefusedError as refusal:
        return _beyond(reference, response, policy, budget.balls, str(refusal))
    return _by_balls(reference, response, policy, budget.balls)


def _check_defined(form: Form, ring: Ring, response: Node, balls: Balls) -> Decision:
    """Equal normal forms; a denominator of entangled kernels must be shown not to vanish."""
    under = Form(form.under, ONE_POLY)
    if form.under != ONE_POLY and not symbols(response) and not _is_independent(ring, under):
        try:
            balls.value(response, {}, 256)
        except (UndefinedError, RefusedError):
            return undecided("a denominator may be zero")
    return Decision(equal=True, method="normal form", certainty="exact")


def _is_independent(ring: Ring, form: Form) -> bool:
    """Whether distinct monomials of these kernels are linearly independent, so that not being
    the zero polynomial proves not being zero: variables, real roots of primes (Besicovitch 1940),
    i, exponentials of monomials in variables (Ax 1971), and either pi or e alone.
    """
    constants = set[str]()
    for monomial in form.over:
        for index, exponent in monomial:
            kernel = ring.kernels[index]
            if kernel.kind == "unity":
                if exponent.denominator > 2:
                    return False
            elif kernel.kind == "pi" or kernel.key == ((), None):
                constants.add(kernel.kind)
            elif kernel.kind == "exp":
                if not _is_function(ring, kernel.key):
                    return False
            elif kernel.kind not in ("symbol", "prime"):
                return False
    return len(constants) < 2


def _is_function(ring: Ring, key: object) -> bool:
    monomial, under = key  # type: ignore[misc]
    kinds = {ring.kernels[index].kind for index, _ in monomial}
    return (
        under is None
        and "symbol" in kinds
        and kinds <= {"symbol", "unity"}
        and all(exponent.denominator == 1 or index == UNITY for index, exponent in monomial)
    )


def _beyond(
    reference: Node, response: Node, policy: MathPolicy, balls: Balls, why: str
) -> Decision:
    """Too large for exact forms: residues, then balls, then the same tree."""
    try:
        if modular.differ(reference, response):
            return Decision(equal=False, method="residues", certainty="exact")
        return Decision(equal=True, method="residues", certainty="probabilistic: error < 2^-80")
    except (RefusedError, UndefinedError):
        pass
    if reference == response:
        return Decision(equal=True, method="same expression", certainty="structural")
    decision = _by_balls(reference, response, policy, balls)
    return undecided(why) if decision.undecided else decision


def _by_balls(reference: Node, response: Node, policy: MathPolicy, balls: Balls) -> Decision:
    names = sorted(symbols(reference) | symbols(response))
    try:
        if names:
            return _functions(reference, response, names, policy, balls)
        return _constants(reference, response, policy, balls)
    except RefusedError as refusal:
        return undecided(str(refusal))
    except UndefinedError:
        return undecided("no finite value found")


def _constants(reference: Node, response: Node, policy: MathPolicy, balls: Balls) -> Decision:
    balls.magnitude_bits = 0
    bits = 64
    while True:
        _, _, gap = balls.difference(reference, response, {}, bits)
        if not gap.contains(0):
            return Decision(equal=False, method="disjoint balls", certainty="rigorous")
        if bits >= 128 and (decision := _algebraic(balls, reference, response)) is not None:
            return decision
        needed = _MIN_BITS + 8 * balls.magnitude_bits
        if needed > MAX_BALL_BITS:
            return undecided("magnitudes out of reach")
        if bits >= needed:
            return _numerical(bits, 1, policy)
        bits = min(2 * bits, needed) if 2 * bits < needed else needed


def _algebraic(balls: Balls, reference: Node, response: Node) -> Decision | None:
    """Equality of algebraic numbers by the separation bound."""
    try:
        bits = zero_bits(reference, response)
    except RefusedError:
        return None
    if bits > MAX_BALL_BITS:
        return None
    _, _, gap = balls.difference(reference, response, {}, bits + 64 + balls.magnitude_bits)
    if not gap.contains(0):
        return Decision(equal=False, method="disjoint balls", certainty="rigorous")
    mantissa, exponent = gap.abs_upper().man_exp()
    if gap == 0 or int(exponent) + mantissa.bit_length() < -bits:
        return Decision(equal=True, method="separation bound", certainty="exact")
    return None


def _functions(
    reference: Node, response: Node, names: list[str], policy: MathPolicy, balls: Balls
) -> Decision:
    """Points where the reference is defined (and real, unless it speaks of i)."""
    balls.magnitude_bits = 0
    is_complex = contains_i(reference)
    agreed, wanted = 0, _num_points(len(names))
    for index in range(4 * wanted):
        point = _point(
            names, index, repr((reference, response)), positive=policy.variables == "positive"
        )
        try:
            value = balls.value(reference, point, 128)
        except UndefinedError:
            continue
        if not is_complex and not value.imag.contains(0):
            continue
        _, _, gap = balls.difference(reference, response, point, 128)
        if not gap.contains(0):
            return Decision(equal=False, method="disjoint balls", certainty="rigorous")
        bits = _MIN_BITS + 8 * balls.magnitude_bits
        if bits > MAX_BALL_BITS:
            return undecided("magnitudes out of reach")
        _, _, gap = balls.difference(reference, response, point, bits)
        if not gap.contains(0):
            return Decision(equal=False, method="disjoint balls", certainty="rigorous")
        agreed += 1
        if agreed == wanted:
            break
    if agreed < _MIN_POINTS:
        return undecided("no points where the reference is real")
    return _numerical(_MIN_BITS, agreed, policy)


def contains_i(node: Node) -> bool:
    """Whether the imaginary unit is written in `node`."""
    return contains(node, (Constant,)) and "Constant(name='i')" in repr(node)


def _numerical(bits: int, num_points: int, policy: MathPolicy) -> Decision:
    certainty = f"numerical: {bits} bits at {num_points} point{'s' if num_points > 1 else ''}"
    if policy.least_certainty == "exact":
        return undecided(f"only {certainty}")
    return Decision(equal=True, method="balls agree", certainty=certainty)


def _num_points(num_names: int) -> int:
    """Enough for every combination of signs of up to four variables."""
    return max(_NUM_POINTS, (1 << min(num_names, 4)) + 2)


def _point(names: list[str], index: int, salt: str, *, positive: bool) -> dict[str, fmpq]:
    """Rationals between -4 and 4, by address; the signs count in binary from all positive, so
    that `|xy|` meets every pair of signs.
    """
    point = {}
    for place, name in enumerate(names):
        digest = hashlib.blake2b(f"{salt}|{name}|{index}".encode("utf-8", "replace")).digest()
        value = fmpq(1 + int.from_bytes(digest[:4], "big"), (1 << 32) + 2)
        if digest[4] & 1:
            value = value * 3 + 1
        is_negative = (index >> place) & 1 if place < 4 else digest[5] & 1
        if is_negative and not positive:
            value = -value
        point[name] = value
    return point
