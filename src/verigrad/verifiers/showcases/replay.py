"""`python -m verigrad.verifiers.showcases.replay MODULE:FUNCTION ...`: facts as JSON."""

from __future__ import annotations

import importlib
import json
import sys

from verigrad.verifiers.showcases.trial import facts_of, probe_pairs


def main(specs: list[str]) -> None:
    """Judge the probe pairs of each showcase here and print what the verdicts say."""
    sys.stdout.write(json.dumps({spec: _facts(spec) for spec in specs}))


def _facts(spec: str) -> list[str]:
    module, _, attribute = spec.partition(":")
    try:
        showcase = getattr(importlib.import_module(module), attribute)()
        return [] if showcase.missing else facts_of(showcase, probe_pairs(showcase))
    except Exception as error:  # noqa: BLE001 (told to the trial, which then finds a difference)
        return [f"{type(error).__name__}: {error}"[:300]]


if __name__ == "__main__":
    main(sys.argv[1:])
