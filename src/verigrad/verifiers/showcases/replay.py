"""`python -m verigrad.verifiers.showcases.replay MODULE:FUNCTION`: a showcase's facts as JSON."""

from __future__ import annotations

import importlib
import json
import sys

from verigrad.verifiers.showcases.trial import facts_of, probe_pairs


def main(spec: str) -> None:
    """Judge the probe pairs here and print what the verdicts say."""
    module, _, attribute = spec.partition(":")
    showcase = getattr(importlib.import_module(module), attribute)()
    sys.stdout.write(json.dumps(facts_of(showcase, probe_pairs(showcase))))


if __name__ == "__main__":
    main(sys.argv[1])
