"""Whatever answers a turn, until the rollout ends."""

from verigrad.core.registry import Registry

ENVIRONMENTS = Registry(
    "environment",
    {
        "single_turn": "verigrad.rollouts.environments.single_turn:SingleTurn",
        "feedback": "verigrad.rollouts.environments.feedback:Feedback",
        "tools": "verigrad.rollouts.environments.tool_use:ToolUse",
        "game": "verigrad.rollouts.environments.game:GameTable",
        "maze_walk": "verigrad.rollouts.environments.maze_walk:MazeWalk",
        "repository": "verigrad.rollouts.environments.repository:RepositoryWork",
    },
)
