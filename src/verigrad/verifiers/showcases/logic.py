"""Showcase of `logic`."""

from importlib.util import find_spec

from verigrad.core.types import Problem
from verigrad.verifiers.logic import Logic
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """A clause form, De Morgan, and two English sentences."""
    clauses = Problem.of("Write p -> (q & r) in CNF.", "(~p | q) & (~p | r)", form="cnf")
    negation = Problem.of("Push the negations of not (p or q) inwards.", "~p & ~q", form="nnf")
    every = Problem.of(
        "Every dog likes some cat. Use Dog(x), Cat(x), Likes(x, y).",
        "forall x. Dog(x) -> exists y. Cat(y) & Likes(x, y)",
    )
    only = Problem.of(
        "Rex likes only Ann. Use Likes(x, y), rex, ann.", "forall x. Likes(rex, x) -> x = ann"
    )
    return Showcase(
        Logic(),
        (
            Sample(
                clauses,
                (r"\boxed{(\lnot p \lor q) \land (r \lor \lnot p)}",
                    "<answer>(q or not p) and (r or not p)</answer>"),
                (
                    r"\boxed{p -> (q & r)}",  # the prompt's own formula
                    r"\boxed{(~p | q) & (p | r)}",
                    r"\boxed{~p | q}",
                    r"\boxed{~p | (q & r)}",  # equivalent, but no CNF
                    r"\boxed{(~p | q) & (~p | r | s)}",
                ),
            ),
            Sample(
                negation,
                (r"\boxed{¬q ∧ ¬p}", r"\boxed{~p & ~q & ~p}", r"\boxed{~p & ~q & (r | ~r)}"),
                (r"\boxed{~(p | q)}", r"\boxed{~p | ~q}", r"\boxed{~p}", r"\boxed{p & q}"),
            ),
            Sample(
                every,
                (
                    r"\boxed{\forall x. Dog(x) \to \exists y. Likes(x, y) \land Cat(y)}",
                    r"\boxed{∀d ∃c (Dog(d) → (Cat(c) ∧ Likes(d, c)))}",
                    r"\boxed{not exists z. Dog(z) & forall y. Cat(y) -> ~Likes(z, y)}",
                ),
                (
                    r"\boxed{exists y. Cat(y) & forall x. Dog(x) -> Likes(x, y)}",
                    r"\boxed{forall x. Dog(x) & exists y. Cat(y) & Likes(x, y)}",
                    r"\boxed{forall x. Dog(x) -> exists y. Cat(y) -> Likes(x, y)}",
                    r"\boxed{forall x. Dog(x) -> exists y. Cat(y) & Likes(y, x)}",
                    r"\boxed{forall x. Dog(x) -> exists y. Cat(y) & Loves(x, y)}",
                ),
            ),
            Sample(
                only,
                (r"\boxed{~exists y. Likes(rex, y) & y != ann}",),
                (r"\boxed{Likes(rex, ann)}", r"\boxed{forall x. Likes(rex, x)}",
                 r"\boxed{rex = ann}"),
            ),
        ),
        pieces=("p", "q", "~", "&", "|", "->", "(", ")", "forall x. ", "exists y. ", "Dog(x)",
                "x = y",
                "Likes(x, y)", r"\land ", "∃", "."),
        options=("p", "q", "~p", "~q"),
        missing="" if find_spec("z3") else "the package `z3-solver` is not installed",
    )  # fmt: skip
