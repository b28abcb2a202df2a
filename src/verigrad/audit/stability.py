"""Whether a verdict depends on anything but problem and response: time, order, place, direction."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from verigrad.audit.cases import Subject
from verigrad.audit.values import Kind, kind_of, surely_differ
from verigrad.core.types import Problem
from verigrad.core.verdict import Verdict
from verigrad.verifiers.showcases.trial import fact, probe_pairs

Pair = tuple[Problem, str]
Replay = Callable[[Sequence[Pair]], Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class Check:
    """One way of looking: how many verdicts were compared, how many differed, one that did."""

    name: str
    compared: int
    differed: int
    example: str = ""
    is_soft: bool = False


def pairs_of(subject: Subject, *, most: int = 160) -> list[Pair]:
    """What stability is tried on: right answers, near misses, a few hostile ones."""
    pairs = probe_pairs(subject.showcase)
    for sample, other in itertools.pairwise(subject.samples):
        pairs += [(sample.problem, response) for response in other.right[:1]]
    most = 24 if subject.is_dear else most
    return pairs if len(pairs) <= most else [pairs[i * len(pairs) // most] for i in range(most)]


def stability(subject: Subject, *, replays: dict[str, Replay] | None = None) -> list[Check]:
    """Twice, backwards, in threads, under asyncio, elsewhere, and with answers swapped.

    `replays` are further places: name -> facts of the same pairs there (None where it has none).
    """
    pairs = pairs_of(subject)
    verify = subject.verifier.verify
    first = [verify(*pair) for pair in pairs]
    facts = [fact(verdict) for verdict in first]

    def compared(name: str, others: Sequence[str | None]) -> Check:
        known = [i for i, other in enumerate(others) if other is not None]
        differing = [i for i in known if facts[i] != others[i]]
        example = repr(pairs[differing[0]][1])[:120] if differing else ""
        return Check(name, len(known), len(differing), example)

    checks = [
        compared("judged again", [fact(verify(*pair)) for pair in pairs]),
        compared("backwards", [fact(verify(*pair)) for pair in reversed(pairs)][::-1]),
        compared("in threads", _in_threads(verify, pairs)),
        compared("under asyncio", asyncio.run(_gathered(verify, pairs))),
    ]
    checks += [compared(name, replay(pairs)) for name, replay in (replays or {}).items()]
    return [*checks, _symmetry(subject)]


def _in_threads(verify: Callable[..., Verdict], pairs: Sequence[Pair]) -> list[str]:
    with ThreadPoolExecutor(4) as pool:
        return [fact(verdict) for verdict in pool.map(lambda pair: verify(*pair), pairs)]


async def _gathered(verify: Callable[..., Verdict], pairs: Sequence[Pair]) -> list[str]:
    verdicts = await asyncio.gather(*(asyncio.to_thread(verify, *pair) for pair in pairs))
    return [fact(verdict) for verdict in verdicts]


def _symmetry(subject: Subject) -> Check:
    """Reference and response change places: where equal is equal, the verdict stays."""
    compared = differed = 0
    example = ""
    textual = [s for s in subject.samples if kind_of(s.problem.answer) is not Kind.STRUCTURED]
    for form in subject.forms[:1]:
        for one, other in itertools.pairwise(textual):
            answers = str(one.problem.answer), str(other.problem.answer)
            if one.problem.info or other.problem.info or surely_differ(*answers):
                continue
            there = subject.verifier.verify(one.problem, form.write(answers[1]))
            back = subject.verifier.verify(other.problem, form.write(answers[0]))
            compared += 1
            if there.is_correct is not back.is_correct:
                differed += 1
                example = f"{answers[0]!r} and {answers[1]!r}"
    return Check("reference and response swapped", compared, differed, example, is_soft=True)
