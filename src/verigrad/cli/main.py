"""`verigrad`: the verbs. Errors are shown in four parts; a traceback only with --debug."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer.core import TyperGroup

from verigrad import __version__
from verigrad.core.errors import VerigradError

_VERBS = {
    "demo": "watch a small model learn from verdicts alone, in about a minute",
    "train": "train by a recipe",
    "choose": "which stages of training fit the supervision a task has, and why",
    "run": "a pipeline of stages with gates; what did not change is not run again",
    "eval": "accuracy of models on a recipe's held-out problems or on benchmarks, with intervals",
    "compare": "two models on the same problems: paired tests, and where pass@k crosses",
    "gate": "thresholds on gain, regression, refusals, length and language; exit code 6",
    "audit": "attack a verifier, measure it, write its card; exit code 6 where it may not train",
    "label": "label responses on which two verifiers disagree, by hand",
    "think": "test-time compute: accuracy against tokens of voting, reranking and tree search",
    "profile": "pass rates before training: which problems of a recipe are learnable",
    "decontaminate": "training rows that an evaluation asks too, or that come twice",
    "sample": "answers to a file of prompts, from any engine, with verdicts on demand",
    "verify": "judge one response, or a file of them; --list shows every verifier",
    "new": "start a verifier of your own: its file, cases and tests",
    "report": "write the HTML report of a run",
    "bias": "what length and std normalisation did to a run",
    "why": "explain a token's weight in the gradient of a recorded step",
    "check": "prove that nothing in a run folder was altered",
    "export": "copy a run for others, without what is private, the chain unbroken",
    "reverify": "judge every rollout of a run again, by the same or a mended verifier",
    "config": "show a recipe as it resolves, and where each value comes from",
    "doctor": "what this machine can do, and what to do about the rest",
}


class _Verbs(TyperGroup):
    """Loads `verigrad.cli.<verb>` when the verb is asked for: `verify` must not wait for torch."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs, in the order of the table."""
        del ctx
        return list(_VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb's command; None for a name that is no verb."""
        del ctx
        if cmd_name not in _VERBS:
            return None
        module = importlib.import_module(f"verigrad.cli.{cmd_name}")
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name=cmd_name, help=module.__doc__)(module.command)
        return typer.main.get_command(app)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The verbs with one line each, without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_VERBS.items()))


app = typer.Typer(cls=_Verbs, add_completion=False, rich_markup_mode=None, no_args_is_help=True)


@app.callback()
def _root() -> None:
    """Reinforcement learning with verifiable rewards, and proof that the rewards deserve it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a verb; exit codes: 0 ok, 2 usage, 3 config, 4 data, 5 environment, 6 halted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words or os.environ.get("VERIGRAD_DEBUG") == "1"
    words = [word for word in words if word != "--debug"]
    if words == ["--version"]:
        typer.echo(f"verigrad {__version__}")
        return
    try:
        typer.main.get_command(app)(words, prog_name="verigrad")
    except VerigradError as error:
        if debug:
            raise
        if "--json" in words:
            typer.echo(json.dumps({"error": error.what, "exit_code": error.exit_code}))
        typer.echo(f"verigrad: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
