"""Sample answers to a file of prompts into Parquet, from any engine; with verdicts on demand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from verigrad.cli.options import AsJson, echo_json

_PRECISIONS = ("float32", "bfloat16", "auto")


def command(
    prompts: Annotated[Path, typer.Argument(help="JSONL, Parquet, or text with a prompt a line")],
    out: Annotated[Path, typer.Option(help="a folder for the answers")],
    model: Annotated[str | None, typer.Option(help="a checkpoint folder or hub id")] = None,
    engine: Annotated[str, typer.Option(help="torch, transformers, vllm or http")] = "torch",
    switches: Annotated[
        list[str] | None, typer.Option("--set", help="an engine's switch: --set url=http://...")
    ] = None,
    num_samples: Annotated[int, typer.Option(help="answers to each prompt")] = 1,
    max_output_tokens: Annotated[int, typer.Option(help="of each answer")] = 256,
    temperature: Annotated[float, typer.Option(help="0: the likeliest token")] = 1.0,
    top_p: Annotated[float, typer.Option(help="1: off")] = 1.0,
    top_k: Annotated[int, typer.Option(help="0: off")] = 0,
    stop: Annotated[list[str] | None, typer.Option(help="a text that ends an answer")] = None,
    seed: Annotated[int, typer.Option(help="decides every answer")] = 0,
    prompt_field: Annotated[str | None, typer.Option(help="dotted name")] = None,
    answer_field: Annotated[str, typer.Option(help="the reference, for --verify")] = "answer",
    template: Annotated[str, typer.Option(help="around the question")] = "{question}",
    system: Annotated[str | None, typer.Option(help="a system message")] = None,
    answer_in: Annotated[str | None, typer.Option(help="ask for boxed, hash or tag")] = None,
    raw: Annotated[bool, typer.Option(help="no chat template: go on from the text")] = False,
    verify: Annotated[str | None, typer.Option(help="a verifier: math, exact, code, ...")] = None,
    verify_switches: Annotated[
        list[str] | None, typer.Option("--verify-set", help="a verifier's switch")
    ] = None,
    precision: Annotated[str, typer.Option(help="float32, bfloat16 or auto")] = "float32",
    max_rows: Annotated[int, typer.Option(help="answers sampled at a time")] = 256,
    prompts_per_part: Annotated[int, typer.Option(help="written, and kept, at a time")] = 256,
    limit: Annotated[int | None, typer.Option(help="only the first so many prompts")] = None,
    resume: Annotated[bool, typer.Option(help="go on where it was stopped")] = False,
    json: AsJson = False,
) -> None:
    """Sample a file of prompts."""
    from verigrad.core.config import parse_overrides
    from verigrad.judging.bind import make_verifier
    from verigrad.pipelines.sample import SampleSettings, sample_file
    from verigrad.pipelines.sampling_engine import open_engine
    from verigrad.rollouts.sampling import SamplingParameters
    from verigrad.tasks.prompts import PromptTemplate

    _check(precision, answer_in, num_samples, prompts_per_part)
    own = parse_overrides(switches or [])
    verifier = None
    if verify is not None:
        verifier = make_verifier(verify, parse_overrides(verify_switches or []))
    settings = SampleSettings(
        sampling=SamplingParameters(
            max_output_tokens=max_output_tokens,
            temperature=temperature,
            top_p=top_p,
            top_k=top_k,
            stop=tuple(stop or ()),
        ),
        num_samples=num_samples,
        seed=seed,
        prompts_per_part=prompts_per_part,
        prompt_field=prompt_field,
        answer_field=answer_field if verifier is not None else None,
        template=PromptTemplate(template, system, answer_in),  # type: ignore[arg-type]
        source=f"{engine} {model or ''} {precision} {raw} {max_rows} {sorted(own.items())}",
        limit=limit,
    )
    prompted = open_engine(
        engine, own, model=model, precision=precision, max_rows=max_rows, is_raw=raw
    )
    summary = sample_file(
        prompts,
        out,
        engine=prompted.engine,
        encode=prompted.encode,
        settings=settings,
        verifier=verifier,
        resume=resume,
        progress=_show,
    )
    usage = getattr(prompted.engine, "usage", None)
    if json:
        echo_json(summary.to_json())
        return
    typer.echo(summary.text())
    if usage is not None:
        typer.echo(
            f"{usage.answered:,} requests answered, {usage.cached:,} from the cache, "
            f"{usage.retries:,} tried again; cost {usage.cost:g}"
        )


def _check(precision: str, answer_in: str | None, num_samples: int, prompts_per_part: int) -> None:
    from verigrad.core.errors import UsageError

    wrong = [
        text
        for is_wrong, text in (
            (precision not in _PRECISIONS, f"--precision is one of {', '.join(_PRECISIONS)}"),
            (answer_in not in (None, "boxed", "hash", "tag"), "--answer-in is boxed, hash or tag"),
            (num_samples < 1, "--num-samples must be at least 1"),
            (prompts_per_part < 1, "--prompts-per-part must be at least 1"),
        )
        if is_wrong
    ]
    if wrong:
        raise UsageError("; ".join(wrong), remedy="correct these options")


def _show(progress: Any) -> None:
    """One line, rewritten on a terminal."""
    share = progress.prompts / progress.total
    line = (
        f"{progress.prompts:,} of {progress.total:,} prompts ({share:.0%}), "
        f"{progress.tokens_per_s:,.0f} tokens/s"
    )
    is_live = sys.stderr.isatty() and progress.prompts < progress.total
    typer.echo(f"\r{line}    " if sys.stderr.isatty() else line, err=True, nl=not is_live)
