"""Frozen attacks: programs that cheat their tests, proofs that cheat their kernel, problems."""
