"""Truth tables as whole numbers: bit i is the value in row i, connectives are bit operations."""

from __future__ import annotations

from verigrad.verifiers.logic.formulas import Formula, write

MAX_ATOMS = 16


def atoms_of(*formulas: Formula) -> list[str]:
    """The atoms of propositional formulas, written out, sorted."""
    return sorted({write(each) for f in formulas for each in f.walk() if each.kind == "atom"})


def table(formula: Formula, atoms: list[str]) -> int:
    """The truth table of a propositional formula over `atoms`.

    >>> p, q = Formula("atom", name="p"), Formula("atom", name="q")
    >>> bin(table(Formula("implies", (p, q)), ["p", "q"]))
    '0b1101'
    """
    rows = 1 << len(atoms)
    everywhere = (1 << rows) - 1
    columns = {atom: _column(index, rows) for index, atom in enumerate(atoms)}

    def value(here: Formula) -> int:
        if here.kind == "constant":
            return everywhere if here.name == "true" else 0
        if here.kind == "atom":
            return columns[write(here)]
        values = [value(part) for part in here.parts]
        match here.kind:
            case "not":
                return everywhere ^ values[0]
            case "and":
                return values[0] & values[1]
            case "or":
                return values[0] | values[1]
            case "xor":
                return values[0] ^ values[1]
            case "implies":
                return (everywhere ^ values[0]) | values[1]
            case _:
                return everywhere ^ values[0] ^ values[1]

    return value(formula)


def _column(index: int, rows: int) -> int:
    """Bits of the rows in which atom `index` is true: blocks of 2^index, every second one."""
    block = ((1 << (1 << index)) - 1) << (1 << index)
    width = 2 << index
    while width < rows:
        block |= block << width
        width *= 2
    return block
