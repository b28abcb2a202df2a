"""Puzzles: an answer is checked against the puzzle's rules, never compared with one solution.

One file a family. A problem's `info` holds the puzzle, its `answer` one solution (the reference
of `check_reference`, which no response is compared with).
"""
