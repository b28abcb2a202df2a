# ruff: noqa: ARG001 (signatures are the trainers')
"""Rewards of others, called as their documentation says; audited by others_rewards.py."""


def math_verify(prompt, response, answer):
    """math-verify: parse both, verify gold against response."""
    from math_verify import parse, verify

    return float(verify(parse(f"${answer}$"), parse(response)))


def trl_accuracy(prompts, completions, solution, **kwargs):
    """TRL's accuracy_reward, which is called with a column `solution`."""
    from trl.rewards import accuracy_reward

    return accuracy_reward(completions=completions, solution=[f"${s}$" for s in solution])


def trl_reasoning_accuracy(prompts, completions, solution, **kwargs):
    """TRL's reasoning_accuracy_reward."""
    from trl.rewards import reasoning_accuracy_reward

    return reasoning_accuracy_reward(completions=completions, solution=[f"${s}$" for s in solution])


def trl_think_format(prompts, completions, **kwargs):
    """TRL's think_format_reward: the layout alone."""
    from trl.rewards import think_format_reward

    return think_format_reward(completions=completions)
