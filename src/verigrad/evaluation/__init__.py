"""How good a policy is: held-out accuracy with intervals."""
