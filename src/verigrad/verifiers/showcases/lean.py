"""Showcase of `lean`: runs where VERIGRAD_LEAN_PROJECT names a project with the comparator."""

import os

from verigrad.core.types import Problem
from verigrad.verifiers.proofs.lean import Lean
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """One computation and one implication."""
    project = os.environ.get("VERIGRAD_LEAN_PROJECT")
    missing = "" if project else "no Lean here: set VERIGRAD_LEAN_PROJECT to a project"
    return Showcase(
        Lean(project=project),
        (
            Sample(
                Problem.of("Prove in Lean that 2 + 2 = 4.", {"statement": "2 + 2 = 4"}),
                ("theorem goal : 2 + 2 = 4 := rfl",),
                ("theorem goal : 2 + 2 = 4 := by sorry", "theorem goal : 2 + 3 = 5 := rfl"),
            ),
            Sample(
                Problem.of("Prove in Lean that p implies p.", {"statement": "(p : Prop) → p → p"}),
                ("theorem goal : (p : Prop) → p → p := fun _ h => h",),
                (
                    "theorem goal : (p : Prop) → p → True := fun _ _ => trivial",
                    "axiom cheat : False\ntheorem goal : (p : Prop) → p → p := cheat.elim",
                ),
            ),
        ),
        pieces=("theorem goal : ", ":= ", "rfl", "by ", "fun _ h => h", "/-", "-/", "\n"),
        max_fuzz=50,
        missing=missing,
    )
