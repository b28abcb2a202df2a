"""What every verifier must show: sample problems, responses that pass, near misses that must not.

One file of this folder for each name of `verifiers.TABLE`, with a function `showcase()`. The table
of docs/reference/verifiers.md, `make verifier-table` and the tests run the same trial on each, so
a verifier without a showcase does not ship. A plug-in names its own by an entry point of the group
`verigrad.showcase`, under the verifier's name.
"""

from verigrad.core.registry import Registry
from verigrad.verifiers import TABLE
from verigrad.verifiers.showcases.words import Sample, Showcase

SHOWCASES = Registry("showcase", {name: f"{__name__}.{name}:showcase" for name in TABLE.table})

__all__ = ["SHOWCASES", "Sample", "Showcase"]
