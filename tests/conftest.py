"""What tests of several folders share."""

from collections.abc import Iterator

import pytest

from verigrad.core.errors import SetupError
from verigrad.sandbox import use_sandbox
from verigrad.sandbox.local import LocalSandbox


@pytest.fixture(scope="module")
def local() -> Iterator[LocalSandbox]:
    """The sandbox that everything of the module shares; skips where this machine has no wall."""
    try:
        sandbox = LocalSandbox()
    except SetupError as error:
        pytest.skip(f"no sandbox with a wall here: {error}")
    with sandbox:
        use_sandbox(sandbox)
        yield sandbox
        use_sandbox(None)
