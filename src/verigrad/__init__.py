"""verigrad: reinforcement learning with verifiable rewards, and proof that they deserve it."""

__version__ = "0.1.0"
