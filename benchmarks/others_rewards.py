"""The audit on rewards of others, as installed: a table of findings, each with its reproduction.

    python benchmarks/others_rewards.py [--write docs/reference/others-rewards.md]
        [--ifeval-python .venv-ifeval/bin/python]

math-verify's and TRL's reward functions go through `verigrad audit` whole. Of reasoning-gym's
scorers and lm-eval's IFEval checks, which need their own kind of problem, the null policies are
tried. Every finding is a line of Python; it is run in a fresh interpreter here, and what it prints
stands beside it. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from generated_part import write_generated
from ifeval_pairs import ARGUMENTS

from verigrad.audit.gate import CardStore
from verigrad.audit.running import Bounds
from verigrad.pipelines.audit import audit
from verigrad.pipelines.audit_targets import AuditSettings
from verigrad.verifiers.reasoning_gym.routes import decisions

HERE = Path(__file__).parent
TRL = "[[{{'role': 'assistant', 'content': {response!r}}}]], [{answer!r}]"
LINES = {
    "math_verify": "from math_verify import parse, verify; "
    "print(float(verify(parse({answer!r}), parse({response!r}))))",
    "trl_accuracy": f"from trl.rewards import accuracy_reward as r; print(r({TRL})[0])",
    "trl_reasoning_accuracy": "from trl.rewards import reasoning_accuracy_reward as r; "
    f"print(r({TRL})[0])",
    "trl_think_format": "from trl.rewards import think_format_reward as r; "
    "print(r([[{{'role': 'assistant', 'content': {response!r}}}]])[0])",
}
NULLS = ("", " ", "0", "yes", "I don't know.", "The answer is correct.", "a" * 2_000)
FULL = 1.0
MOST = Bounds(most=60, limit_s=12.0)  # cases of a probe: sympy is slow
EACH = 2  # findings shown of one probe


@dataclass(frozen=True)
class Row:
    """One finding."""

    of: str
    probe: str
    what: str
    line: str
    prints: str = ""


def audited() -> Iterator[tuple[str, dict, list[Row]]]:
    """Each whole function: its card's numbers, and what was found."""
    for name, line in LINES.items():
        file = "math_verify_reward.py" if name == "math_verify" else "trl_rewards.py"
        target = f"{HERE / 'others' / file}:{name}"
        switches = {"time_limit_s": 12}  # their own limits are 5 and 10 s
        with tempfile.TemporaryDirectory() as folder:
            (found,) = audit(
                target,
                AuditSettings(switches=switches),
                store=CardStore((Path(folder),)),
                bounds=MOST,
            )
        card = found.card
        shown: dict[str, int] = {}
        rows = []
        for finding in card.findings:
            shown[finding.probe] = shown.get(finding.probe, 0) + 1
            if "characters)" in finding.response or shown[finding.probe] > EACH:
                continue
            if not {"paid", "side effect", "crashed", "slow"} & set(finding.faults):
                continue
            filled = line.format(answer=f"${finding.answer}$", response=finding.response)
            what = f"{', '.join(finding.faults)}: {finding.what}"
            rows.append(Row(name, finding.probe, what, filled))
        numbers = {row.name: dict(row.faults) for row in card.probes if row.faults}
        unstable = {c.name: f"{c.differed} of {c.compared}" for c in card.stability if c.differed}
        summary = {
            "cases": card.num_cases,
            "forms": card.forms,
            "faults": numbers,
            "unstable": unstable,
        }
        yield name, summary, rows


def scorers() -> Iterator[Row]:
    """reasoning-gym's scorers that pay a null policy in full, one line each."""
    import reasoning_gym

    for name in sorted(decisions()["scorers"]):
        try:
            dataset = reasoning_gym.create_dataset(name, size=3, seed=0)
            entries = [dataset[index] for index in range(3)]
        except Exception as error:
            print(f"{name}: {error}", flush=True)
            continue
        for response in NULLS:
            paid = [i for i, entry in enumerate(entries) if _pays(dataset, response, entry)]
            if paid:
                line = (
                    f"import reasoning_gym as r; d = r.create_dataset({name!r}, size=3, seed=0); "
                    f"print(d.score_answer({response!r}, d[{paid[0]}]))"
                )
                what = f"paid in full: {response[:30]!r} in {len(paid)} of 3 problems"
                yield Row(f"reasoning-gym {name}", "null policies", what, line)
                break


def _pays(dataset, response: str, entry: dict) -> bool:
    """Full pay for what is not the dataset's own answer, nor the same number."""
    answer = str(entry.get("answer")).strip().casefold()
    if answer == response.strip().casefold():
        return False
    with suppress(ValueError):
        if float(answer) == float(response):
            return False
    try:
        return float(dataset.score_answer(response, entry)) >= FULL
    except Exception:
        return False


def printed(line: str, python: str = sys.executable) -> str:
    """What the line prints in a fresh interpreter."""
    done = subprocess.run(
        [python, "-c", line], capture_output=True, text=True, timeout=120, check=False
    )
    said = (done.stdout or done.stderr).strip().splitlines()
    return said[-1][:80] if said else f"exit {done.returncode}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--ifeval-python", type=Path)
    options = parser.parse_args()
    summaries, rows = {}, []
    for name, summary, found in audited():
        summaries[name] = summary
        rows += found
        print(name, json.dumps(summary), flush=True)
    rows += list(scorers())
    checked = [Row(r.of, r.probe, r.what, r.line, printed(r.line)) for r in rows]
    if options.ifeval_python:
        checked += ifeval(options.ifeval_python)
    for row in checked:
        print(f"{row.of} | {row.probe} | {row.what} | {row.prints}\n    {row.line}", flush=True)
    if options.write:
        write(options.write, summaries, checked)
    versions = {name: version(name) for name in ("math-verify", "trl", "reasoning-gym")}
    print(json.dumps({"versions": versions, "findings": len(checked), "summaries": summaries}))


def ifeval(python: Path) -> list[Row]:
    """IFEval's checks that a null policy satisfies; arguments are the first drawn for each id."""
    rows = [
        {"id": name, "arguments": arguments(random.Random(name)), "text": text}
        for name, arguments in ARGUMENTS.items()
        for text in (*filter(str.strip, NULLS), "no", "word " * 60)
    ]
    asked = "".join(json.dumps(row) + "\n" for row in rows)
    command = [str(python), str(HERE / "ifeval_peer.py")]
    done = subprocess.run(
        command, input=asked, capture_output=True, text=True, timeout=600, check=True
    )
    found: dict[str, Row] = {}
    for row, line in zip(rows, done.stdout.splitlines(), strict=True):
        said = json.loads(line)["strict"]
        if said is True and row["id"] not in found:
            what = f"followed by {row['text'][:30]!r}"
            shell = f"echo {shlex.quote(json.dumps(row))} | {python} benchmarks/ifeval_peer.py"
            found[row["id"]] = Row(
                f"lm-eval ifeval {row['id']}", "null policies", what, shell, line[:80]
            )
    return list(found.values())


def write(path: Path, summaries: dict, rows: list[Row]) -> None:
    lines = ["| reward | responses tried | read in | faults by probe |", "|---|---|---|---|"]
    for name, s in summaries.items():
        faults = "; ".join(
            f"{probe}: {', '.join(f'{n} {f}' for f, n in found.items())}"
            for probe, found in s["faults"].items()
        )
        unstable = "; ".join(f"{where}: {how} differ" for where, how in s["unstable"].items())
        told = "; ".join(filter(None, (faults, unstable))) or "none"
        lines.append(f"| `{name}` | {s['cases']:,} | {', '.join(s['forms'])} | {told} |")
    lines += ["", "| reward | probe | finding | prints |", "|---|---|---|---|"]
    lines += [
        f"| {row.of} | {row.probe} | {_cell(row.what)}<br>`{_cell(row.line)}` "
        f"| `{_cell(row.prints)}` |"
        for row in rows
    ]
    write_generated(path, "\n".join(lines), name="findings")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'").replace("\n", " ")


if __name__ == "__main__":
    main()
