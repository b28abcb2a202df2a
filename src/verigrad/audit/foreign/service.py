"""A reward service behind a URL as a verifier: one response a request."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from verigrad.audit.foreign.rewards import verdict_of
from verigrad.audit.foreign.signatures import reward_number
from verigrad.core.digests import digest_json
from verigrad.core.types import Problem
from verigrad.core.verdict import Verdict
from verigrad.verifiers.base import Policy, Verifier, failed


class ServicePolicy(Policy):
    """url: where to POST. protocol: "plain" sends {prompt, response, answer, info} and reads
    {score} or {reward}; "openrlhf" sends {query, prompts, labels} and reads {rewards}.
    """

    url: str = Field(pattern=r"^https?://")
    protocol: Literal["plain", "openrlhf"] = "plain"
    full: float = Field(default=1.0, gt=0.0)
    time_limit_s: float = Field(default=10.0, gt=0.0)


class RewardService(Verifier):
    """What the service pays. Anything but a number in time is `failed`."""

    name: ClassVar[str] = "service"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = ServicePolicy
    proves: ClassVar[str] = "the service paid the response"
    cannot: ClassVar[str] = "that the service will be the same tomorrow: only its address is known"

    @cached_property
    def digest(self) -> str:
        """Of the address and the switches: nobody can see a service's code."""
        return digest_json([self.name, self.policy.model_dump(mode="json")])[:16]

    @classmethod
    def sources(cls) -> list[Path]:
        """The service itself cannot be seen; its caller can."""
        return [Path(__file__)]

    @cached_property
    def _client(self) -> Any:
        import httpx2

        return httpx2.Client(timeout=self.policy.time_limit_s)

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Ask it."""
        import httpx2

        question = problem.question
        if self.policy.protocol == "openrlhf":
            body = {
                "query": [question + response],
                "prompts": [question],
                "labels": [problem.answer],
            }
        else:
            body = {
                "prompt": question,
                "response": response,
                "answer": problem.answer,
                "info": dict(problem.info),
            }
        try:
            # a lone surrogate is no UTF-8: no client could have sent it
            replied = self._client.post(self.policy.url, json=_sendable(body))
            replied.raise_for_status()
            reward = reward_number(replied.json())
        except (httpx2.HTTPError, ValueError, TypeError) as error:
            return failed(f"{type(error).__name__}: {error}"[:300])
        return verdict_of(reward, full=self.policy.full)


def _sendable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_sendable(item) for item in value]
    if isinstance(value, dict):
        return {key: _sendable(item) for key, item in value.items()}
    return value
