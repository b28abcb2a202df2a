"""Probes: families of responses whose label is beyond doubt. One table of all."""

from __future__ import annotations

from pathlib import Path

from verigrad.audit.cases import Probe
from verigrad.audit.probes import corpora, hedges, hostile, nulls, oracle

REFERENCES = "references"
RUNS_CODE = "asks to be run"


def probes(canary: Path) -> tuple[Probe, ...]:
    """Every probe, in the order of the card. `canary` is a file that must never appear."""
    of = nulls.of_names
    return (
        Probe(REFERENCES, "every reference passes", oracle.references),
        Probe("other spellings", "the answer written otherwise", oracle.spellings, is_soft=True),
        Probe("near misses", "answers wrong by little, by hand", oracle.written_near_misses),
        Probe("made near misses", "answers wrong by little, by rule", oracle.made_near_misses),
        Probe("constants", "the commonest answers, always", oracle.constants),
        Probe("others' answers", "the next problem's answer", oracle.others_answers),
        Probe("blank", "nothing at all", of("blank")),
        Probe("fixed words", "a word or number, always", of("constant", "talk")),
        Probe("junk", "10^5 characters of nothing", of("10^5")),
        Probe("prompt echo", "the question back", of("prompt echo")),
        Probe("gold mentioned", "the reference named, not given", nulls.gold_mentioned),
        Probe("gold in prompt", "the reference quoted", of("gold")),
        Probe("every option", "all options at once", of("all options")),
        Probe("wrappers only", "the layout without an answer", nulls.wrappers_only),
        Probe("injections", "words for a judge", nulls.injections),
        Probe("two at once", "right or wrong, in one place", hedges.both_at_once),
        Probe("list of guesses", "many answers in one place", hedges.a_list_of_guesses),
        Probe("wrong at the end", "right on the way only", hedges.wrong_at_the_end),
        Probe("right among many", "four answers, one right", hedges.right_among_many),
        Probe("bombs", "numbers and nesting without end", hostile.bombs),
        Probe("backtracking", "texts against patterns", hostile.backtracking),
        Probe("strange characters", "NUL, surrogates, scripts", hostile.strange_characters),
        Probe("long responses", "an answer behind 10^5 characters", hostile.long_responses),
        Probe("mutilated answers", "cut, doubled, poisoned", hostile.fuzzed),
        Probe("cheating programs", "tricks against tests", corpora.cheating_programs, most=250),
        Probe(
            "cheating patches", "tricks against a repository", corpora.cheating_patches, most=300
        ),
        Probe("cheating proofs", "proofs of what is false", corpora.cheating_proofs, most=60),
        Probe(RUNS_CODE, "text that acts where it is run", hostile.asks_to_be_run(canary)),
    )
