"""The inside of the z3 worker: are two formulas equivalent? `python -m` of this is the worker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from verigrad.sandbox.workers_child import serve

RESOURCE_LIMIT = 300_000  # z3's own count of steps: the same on every machine


def prepare() -> Callable[[Any], Any]:
    """Import z3 and return the function that answers."""
    import z3

    def answer(request: dict[str, Any]) -> str:
        translate = _Translation(z3)
        one, two = (translate.formula(each, {}) for each in request["formulas"])
        return _unsatisfiable(z3, one != two)

    return answer


def _unsatisfiable(z3: Any, claim: Any) -> str:
    """z3's answer: "unsat", "sat" or "unknown"."""
    solver = z3.SolverFor("UF")
    solver.set("rlimit", RESOURCE_LIMIT)
    solver.set("random_seed", 0)
    solver.add(claim)
    return str(solver.check())


class _Translation:
    """Our trees to z3's, over one sort without a meaning."""

    def __init__(self, z3: Any) -> None:
        self.z3 = z3
        self.sort = z3.DeclareSort("U")

    def formula(self, tree: dict[str, Any], bound: dict[str, Any]) -> Any:
        z3, kind = self.z3, tree["kind"]
        if kind in ("forall", "exists"):
            variable = z3.Const(f"{tree['name']}!{len(bound)}", self.sort)
            inside = self.formula(tree["parts"][0], {**bound, tree["name"]: variable})
            return (z3.ForAll if kind == "forall" else z3.Exists)([variable], inside)
        if kind == "atom":
            sorts = [self.sort] * len(tree["terms"])
            predicate = z3.Function(f"P:{tree['name']}", *sorts, z3.BoolSort())
            return predicate(*(self.term(term, bound) for term in tree["terms"]))
        if kind == "equals":
            left, right = (self.term(term, bound) for term in tree["terms"])
            return left == right
        if kind == "constant":
            return z3.BoolVal(tree["name"] == "true")
        parts = [self.formula(part, bound) for part in tree["parts"]]
        if kind == "iff":
            return parts[0] == parts[1]
        joins = {"not": z3.Not, "and": z3.And, "or": z3.Or, "xor": z3.Xor, "implies": z3.Implies}
        return joins[kind](*parts)

    def term(self, tree: dict[str, Any], bound: dict[str, Any]) -> Any:
        if tree["is_bound"]:
            return bound[tree["name"]]
        args = [self.term(arg, bound) for arg in tree["args"]]
        name = f"f:{tree['name']}"
        if not args:
            return self.z3.Const(name, self.sort)
        return self.z3.Function(name, *[self.sort] * (len(args) + 1))(*args)


if __name__ == "__main__":
    serve(prepare)
