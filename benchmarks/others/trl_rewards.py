# ruff: noqa: ARG001 (signatures are the trainer's)
"""TRL's reward functions, called as its documentation says; audited by others_rewards.py."""

from trl.rewards import accuracy_reward, reasoning_accuracy_reward, think_format_reward


def trl_accuracy(prompts, completions, solution, **kwargs):
    """Called with a column `solution`, which holds LaTeX."""
    return accuracy_reward(completions=completions, solution=[f"${s}$" for s in solution])


def trl_reasoning_accuracy(prompts, completions, solution, **kwargs):
    """As above; the reasoning is cut off first."""
    return reasoning_accuracy_reward(completions=completions, solution=[f"${s}$" for s in solution])


def trl_think_format(prompts, completions, **kwargs):
    """The layout alone."""
    return think_format_reward(completions=completions)
