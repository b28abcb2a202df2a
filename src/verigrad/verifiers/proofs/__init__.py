"""Proofs: a trusted challenge and an untrusted solution -> a verdict with an assurance level."""
