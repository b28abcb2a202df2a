"""A small assembler for seccomp filters: call number -> allow, errno, or a look at arguments.

A filter is a table of rules; a rule with checks allows a call when all of them hold and otherwise
gives it the errno. Every block jumps forward only and ends in a return,
as the kernel demands. Argument registers are 64 bits wide, but most arguments are C ints, of which
the kernel reads the low half only; `null` looks at both halves.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import NamedTuple

_LOAD, _AND = 0x20, 0x54  # BPF_LD|W|ABS, BPF_ALU|AND|K
_JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ABOVE, _RETURN = 0x15, 0x35, 0x25, 0x06
_NUMBER_AT, _ARCH_AT, _ARGS_AT = 0, 4, 16

ALLOW = 0x7FFF0000
KILL = 0x80000000
_ERRNO = 0x00050000
X32_BIT = 0x40000000

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


class Check(NamedTuple):
    """One condition on argument `position`: its low half, under `mask`, is one of `values`."""

    position: int
    values: tuple[int, ...]
    mask: int = 0xFFFFFFFF


class Rule(NamedTuple):
    """What one system call gets: `errno` (0 allows), or leave when all `checks` hold."""

    errno: int = 0
    checks: tuple[Check, ...] = ()


def null(position: int) -> tuple[Check, ...]:
    """Argument `position` is the null pointer: both of its halves are zero."""
    return Check(position, (0,)), Check(position + _HIGH_HALF, (0,))


_HIGH_HALF = 8  # added to a position, selects the high half of that argument


def _offset(position: int) -> int:
    high = position >= _HIGH_HALF
    return _ARGS_AT + 8 * (position % _HIGH_HALF) + (4 if high else 0)


def deny(errno: int) -> int:
    """The return value that makes a call fail with `errno`."""
    return _ERRNO | errno


def _check(check: Check) -> list[Instruction]:
    """Falls through when the check holds, else jumps over a `RETURN ALLOW` to the denial."""
    load = [(_LOAD, 0, 0, _offset(check.position))]
    mask = [(_AND, 0, 0, check.mask)] if check.mask != 0xFFFFFFFF else []
    tests = [(_JUMP_EQUAL, len(check.values) - i, 0, v) for i, v in enumerate(check.values)]
    return [*load, *mask, *tests]


def _block(number: int, rule: Rule) -> list[Instruction]:
    """The code for one system call, entered with its number loaded and left with it loaded."""
    if not rule.checks:
        action = deny(rule.errno) if rule.errno else ALLOW
        return [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, action)]
    refuse = (_RETURN, 0, 0, deny(rule.errno))
    body = [step for check in rule.checks for step in (*_check(check), refuse)]
    body.append((_RETURN, 0, 0, ALLOW))
    return [(_JUMP_EQUAL, 0, len(body), number), *body]


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Runs of neighbours: `ranges([1, 2, 3, 7])` is `[(1, 3), (7, 7)]`."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _allow_range(first: int, last: int) -> list[Instruction]:
    if first == last:
        return [(_JUMP_EQUAL, 0, 1, first), (_RETURN, 0, 0, ALLOW)]
    return [
        (_JUMP_AT_LEAST, 0, 2, first),
        (_JUMP_ABOVE, 1, 0, last),
        (_RETURN, 0, 0, ALLOW),
    ]


def assemble(rules: Mapping[int, Rule], *, arch: int, x32: bool, default: int) -> bytes:
    """The filter as an array of `struct sock_filter`.

    arch: the only AUDIT_ARCH whose calls are looked at; any other kills the process.
    x32: whether numbers with the x32 bit exist on this machine (they kill the process).
    default: the return value for numbers not in `rules`.
    """
    plain = [number for number, rule in rules.items() if rule == Rule()]
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCH_AT),
        (_JUMP_EQUAL, 1, 0, arch),
        (_RETURN, 0, 0, KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    if x32:
        code += [(_JUMP_AT_LEAST, 0, 1, X32_BIT), (_RETURN, 0, 0, KILL)]
    for first, last in ranges(plain):
        code += _allow_range(first, last)
    for number, rule in sorted(rules.items()):
        if rule != Rule():
            code += _block(number, rule)
    code.append((_RETURN, 0, 0, default))
    return b"".join(struct.pack("<HBBI", *step) for step in code)
