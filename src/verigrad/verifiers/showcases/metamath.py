"""Showcase of `metamath`."""

from verigrad.core.types import Problem
from verigrad.verifiers.proofs.metamath import Metamath
from verigrad.verifiers.proofs.metamath.samples import DEMO, IDENTITY
from verigrad.verifiers.showcases import Sample, Showcase

_CLAIM = "|- ( p -> p )"
_COMPRESSED = "( wi ax1 ax2 mp ) AAABZBZFAACAFABBGFBAFCAFADEE"


def showcase() -> Showcase:
    """The identity, and one application of the first axiom."""
    identity = Problem.of(
        "Derive p -> p from the axioms A1 and A2 by detachment.",
        {"database": DEMO, "theorem": "id", "statement": _CLAIM},
    )
    weakening = Problem.of(
        "From p, derive q -> p.",
        {"database": DEMO, "hypotheses": {"h": "|- p"}, "statement": "|- ( q -> p )"},
    )
    return Showcase(
        Metamath(),
        (
            Sample(
                identity,
                (
                    IDENTITY,
                    f"```metamath\n{IDENTITY}\n```",
                    f"```metamath\nid $p {_CLAIM} $= {IDENTITY} $.\n```",
                    f"lemma $p {_CLAIM} $= {IDENTITY} $. id $p {_CLAIM} $= wp lemma $.",
                    _COMPRESSED,
                ),
                (
                    IDENTITY.removesuffix(" mp"),
                    IDENTITY.replace("ax2", "ax1"),
                    f"{IDENTITY} ?",
                    "?",
                    f"cheat $a {_CLAIM} $. id $p {_CLAIM} $= wp cheat $.",
                    _COMPRESSED.replace("AFC", "FAC"),
                    _COMPRESSED.replace("( wi", "( wp wi"),
                    "id $p |- ( p -> ( q -> p ) ) $= wp wq ax1 $.",
                    f"${{ no $e {_CLAIM} $. id $p {_CLAIM} $= no $. $}}",
                    "wp id",
                ),
            ),
            Sample(
                weakening,
                ("wp wq wp wi h wp wq ax1 mp", "( wi ax1 mp ) ABADCABEF"),
                ("wp wp wq wi h wp wq ax1 mp", "h", "wq wp wi h wp wq ax1 mp", "( mp ) ABC"),
            ),
        ),
        pieces=("wp ", "wq ", "wi ", "ax1 ", "ax2 ", "mp ", "h ", "$p ", "$= ", "$. ", "${ ",
                "$} ", "$a ", "$d p q $. ", "( ", ") ", "ABCZ", "UUUA"),
    )  # fmt: skip
