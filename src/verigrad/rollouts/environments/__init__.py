"""Whatever answers a turn, until the rollout ends."""
