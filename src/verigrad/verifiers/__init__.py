"""Response -> verdict. One family per file or folder; `TABLE` names every one that ships."""

from verigrad.core.registry import Registry
from verigrad.verifiers.base import Policy, Verifier

TABLE = Registry(
    "verifier",
    {
        "choice": "verigrad.verifiers.choice:Choice",
        "code": "verigrad.verifiers.code:Code",
        "constraints": "verigrad.verifiers.constraints:Constraints",
        "countdown": "verigrad.verifiers.countdown:Countdown",
        "exact": "verigrad.verifiers.exact:Exact",
        "math": "verigrad.verifiers.math:Math",
        "metamath": "verigrad.verifiers.proofs.metamath:Metamath",
        "sql": "verigrad.verifiers.sql:Sql",
        "unsat": "verigrad.verifiers.proofs.unsat:Unsat",
    },
)

__all__ = ["TABLE", "Policy", "Verifier"]
