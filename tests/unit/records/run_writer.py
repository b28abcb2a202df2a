"""A stand-in for the training loop that is killed and resumed by `test_resume.py`.

Usage: python run_writer.py RUN NUM_STEPS. Starts a run, or resumes the one that is there. The
"weights" are a hash of everything trained on so far, so a wrong resume cannot end up equal.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from judged_examples import step_records

from verigrad.core.digests import digest_json
from verigrad.records.run import RunFolder, latest_checkpoint


def start(path: Path) -> tuple[RunFolder, int, str]:
    if not (path / "chain.jsonl").exists():
        return RunFolder.create(path, "recipe", resolved={}, environment={}), 0, "start"
    run = RunFolder.open(path)
    found = latest_checkpoint(run)
    step = found.step if found else 0
    with run.locked():
        run.rewind(step)
    weights = json.loads((found.path / "weights.json").read_text()) if found else "start"
    return run, step, weights


def main(path: Path, num_steps: int) -> None:
    run, step, weights = start(path)
    with run.locked():
        writer = run.metrics_writer()
        while step < num_steps:
            step += 1
            records = step_records(step)
            weights = digest_json([weights, step, [r.advantage for r in records]])
            run.write_rollouts(step, records)
            writer.write(step, {"reward/mean": int(weights[:4], 16) / 65536, "time/step_s": 0.1})
            if step % 3 == 0 or step == num_steps:
                with run.new_checkpoint(step) as folder:
                    (folder / "weights.json").write_text(json.dumps(weights))
                for old in run.checkpoints()[:-2]:
                    run.remove(old.path)
            print(step, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
