"""Tasks bound together: source + prompt + verifier + reward, and rollouts judged by them.

This room stands above `verifiers` and `tasks`, which stay strangers to each other.
"""
