"""Work on a repository: files are read and changed by tools, and the patch is what is judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pydantic import Field

from verigrad.core.errors import ConfigError, DataError, SetupError
from verigrad.core.types import Message, Problem
from verigrad.core.verdict import Extracted
from verigrad.rollouts.environments.base import Observation, Reply, Setting, Turn, as_turn
from verigrad.rollouts.environments.bind import Context, EnvironmentOptions
from verigrad.rollouts.environments.tool_use import Toolbox, ToolUse, ToolUseOptions, told
from verigrad.rollouts.tools.base import Tool, ToolCall, ToolResult
from verigrad.rollouts.tools.repository import TREE_TOOLS, Tree, TreeTool
from verigrad.verifiers.code.outcome import BadTests, NotJudged
from verigrad.verifiers.repository import Repository
from verigrad.verifiers.repository.answer import read_answer
from verigrad.verifiers.repository.patches import BadPatch, write_patch
from verigrad.verifiers.repository.snapshot import snapshot_of

_NAMES = tuple(tool.name for tool in TREE_TOOLS)


class RepositoryOptions(ToolUseOptions):
    """Those of `tools`; `tools` are names of the repository's own, all of them unless some are
    named. `max_turns` used up, the files as they are then count.
    """

    tools: tuple[str | dict[str, Any], ...] = Field(default=_NAMES, min_length=1)
    max_turns: int = Field(default=24, ge=1)


class RepositoryWork(ToolUse):
    """Ends at a message without a call; the patch from the first files to the last is submitted.

    The policy is given the files alone: no git history, no test but the visible ones, and no
    environment but the sandbox's. Counts the facts of `tools`, and `files_changed`.
    """

    options_type: ClassVar[type[EnvironmentOptions]] = RepositoryOptions

    def __init__(self, box: Toolbox, verifier: Repository, max_turns: int) -> None:
        super().__init__(box)
        self.verifier, self.max_turns, self.turns = verifier, max_turns, 0

    @classmethod
    def setting(cls, options: ToolUseOptions, context: Context) -> Setting:
        """With the task's repository verifier; ConfigError for another one or an unknown tool."""
        verifier = context.verifier
        if not isinstance(verifier, Repository):
            raise ConfigError(
                f'the environment "repository" needs the verifier "repository", not '
                f'"{verifier.name}"',
                remedy='set verifier = { kind = "repository" }',
            )
        wanted = options.tools
        if unknown := [name for name in wanted if name not in _NAMES]:
            raise ConfigError(
                f"a repository has no tool {unknown[0]!r}",
                remedy=f"choose from {', '.join(_NAMES)}",
            )
        tools = {tool.name: tool() for tool in TREE_TOOLS if tool.name in wanted}
        box, template_options = Toolbox.of(tools, options, context)
        return Setting(
            make=lambda: cls(box, verifier, options.max_turns),
            budgets=options.budgets(),
            template_options=template_options,
            submits=True,
            shared=box,
        )

    def reset(self, problem: Problem) -> Observation:
        """The problem's prompt; the tools on a fresh copy of its files."""
        self.problem = problem
        self.first = dict(snapshot_of(problem).files)
        self.tree = Tree(dict(self.first), read_answer(problem.answer).protects, self._tests)
        self.tools: dict[str, Tool] = {
            name: tool.on(self.tree)
            for name, tool in self.box.tools.items()
            if isinstance(tool, TreeTool)
        }
        return told(problem.prompt, self.box.note)

    def step(self, message: Message) -> Reply:
        """What the calls came to; at the end, the patch."""
        self.turns += 1
        turn = as_turn(super().step(message))
        if not turn.is_over and self.turns < self.max_turns:
            return turn
        changed = {*self.first.items()} ^ {*self.tree.files.items()}
        return Turn(
            is_over=True,
            submission=write_patch(self.first, self.tree.files),
            facts={**turn.facts, "files_changed": len({path for path, _ in changed})},
        )

    def _answers(self, calls: Sequence[ToolCall]) -> list[ToolResult]:
        """Results of `calls`, one after the other: each sees what those before it changed."""
        return [self._answer(call) for call in calls]

    def _tests(self, files: dict[str, str]) -> str:
        """What the visible tests say of `files`."""
        try:
            verdict = self.verifier.judge_files(
                self.problem, files, extracted=Extracted("", 0, 0, "whole"), only_visible=True
            )
        except (DataError, BadTests, BadPatch) as error:
            return f"they cannot be run: {error}"
        except NotJudged as error:
            raise SetupError(
                "the sandbox could not run the visible tests", where=str(error)
            ) from None
        if verdict.is_correct:
            return "they pass"
        failure = verdict.evidence.get("failure", {})
        return f"they fail: {verdict.reason}: {failure.get('why', '')}"
