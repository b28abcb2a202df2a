r"""Mathematical answers: exact, bounded, and explained.

>>> from verigrad.verifiers import math
>>> math.verify(r"so \boxed{\frac{6}{8}}", "0.75").is_correct
True
"""

from verigrad.verifiers.math.policy import MathPolicy
from verigrad.verifiers.math.verifier import Math, verify

__all__ = ["Math", "MathPolicy", "verify"]
