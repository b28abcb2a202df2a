"""What a run started on. No time of day, no host or user name: equal machines give equal files."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from verigrad.core.digests import digest_json

PACKAGES = (
    "verigrad",
    "numpy",
    "pyarrow",
    "pydantic",
    "python-flint",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
)
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_GIT_TIMEOUT_S = 5


def gather_environment(source: Path | None = None, **facts: Any) -> dict[str, Any]:
    """Python, platform, packages, processor, threads and the git commit of `source`.

    `source` is the folder whose commit is noted (default: where this package lies). `facts` join
    under their names: what only a higher layer knows, such as torch's threads or the device.
    """
    installed = {dist.name: dist.version for dist in metadata.distributions() if dist.name}
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processor": _processor(),
        "num_processors": os.cpu_count(),
        "num_usable_processors": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "thread_variables": {name: os.environ.get(name) for name in _THREAD_VARIABLES},
        "packages": {name: installed.get(name) for name in PACKAGES},
        "all_packages_digest": digest_json(sorted(installed.items()))[:16],
        "git": _git(source or Path(__file__).parent),
        **facts,
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text("utf-8", "replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _git(folder: Path) -> dict[str, Any] | None:
    """Commit, and whether files differ from it; None outside a repository or without git."""
    commit = _run_git(folder, "rev-parse", "HEAD")
    if commit is None:
        return None
    changes = _run_git(folder, "status", "--porcelain", "--untracked-files=no")
    return {"commit": commit.strip(), "is_clean": changes == ""}


def _run_git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            timeout=_GIT_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
