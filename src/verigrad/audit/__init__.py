"""Attacks on verifiers, what was measured of them, and who watches while they pay."""
