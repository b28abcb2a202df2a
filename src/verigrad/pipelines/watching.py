"""Everything that watches the rewards of a run: shadows, signs, canaries, and what alarms do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from verigrad.audit.watching.alarm import Alarm
from verigrad.audit.watching.canaries import canaries
from verigrad.audit.watching.content import content_metrics
from verigrad.audit.watching.signs import ALARMS, SIGNS, Sign, SignWatch
from verigrad.core.errors import ConfigError, HaltedError
from verigrad.core.registry import nearest
from verigrad.core.trust import TrustSection
from verigrad.core.types import Problem
from verigrad.judging.task import Task
from verigrad.pipelines.shadowing import Shadowing
from verigrad.records.rollouts import RolloutRecord

_SHOWN = 5
_STOPPED = '`--resume --accept-risk "why"` goes on, and the reason stays in the record'
Answer = Callable[[Sequence[Problem]], Sequence[RolloutRecord]]


class Watching:
    """Sees each step once. Nothing it finds is ever paid or changes what is trained."""

    def __init__(self, tasks: Mapping[str, Task], section: TrustSection, *, seed: int) -> None:
        """ConfigError for an alarm of the section that does not exist."""
        for name in section.alarms:
            if name not in ALARMS:
                raise ConfigError(
                    f"`trust.alarms.{name}`: there is no such alarm",
                    remedy=f"{nearest(name, list(ALARMS))}known: {', '.join(ALARMS)}",
                )
        self.tasks, self.section, self.seed = tasks, section, seed
        self.shadowings = [
            Shadowing(tasks, section, seed=seed),
            Shadowing(tasks, section, seed=seed, second="held_out"),
        ]
        self.cheats: list[RolloutRecord] = []  # canaries that passed in the last step seen
        self.signs = [SignWatch(sign) for sign in SIGNS if self.policy(sign.name) != "off"]

    def policy(self, name: str) -> str:
        """What an alarm does: off, note, pause or stop."""
        return self.section.alarms.get(name, "note")

    def recall(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take up where a run stopped, from the metrics of its steps."""
        lines = list(lines)
        for watch in (*self.shadowings, *self.signs):
            watch.recall(lines)

    def see(
        self,
        step: int,
        records: Sequence[RolloutRecord],
        metrics: Mapping[str, float],
        *,
        answer: Answer,
    ) -> tuple[dict[str, float], list[Alarm]]:
        """What is added to a step's metrics, and the alarms it raises.

        `answer` samples the policy's responses to canary problems and has them judged.
        """
        found = content_metrics([record.judged for record in records])
        found |= self._canaries(step, answer)
        alarms = []
        for shadowing in self.shadowings:
            if shadowing.shadows and self.policy(shadowing.alarm) != "off":
                seen, alarm = shadowing.see(step, records)
                found |= seen
                alarms += [alarm] if alarm else []
        line = {**metrics, **found}
        for sign in self.signs:
            named = self._named(step, sign.sign, records)
            if (alarm := sign.see(step, line, named)) is not None:
                alarms.append(alarm)
        return found, alarms

    def _named(self, step: int, sign: Sign, records: Sequence[RolloutRecord]) -> list[str]:
        """Addresses of the first rollouts that show a sign."""
        if sign.name == "canaries":
            return [f"canary {record.group}" for record in self.cheats[:_SHOWN]]
        if sign.shows is None:
            return []
        found = [record for record in records if sign.shows(record.judged)]
        return [
            f"step {step} group {r.group} sample {r.judged.rollout.sample}" for r in found[:_SHOWN]
        ]

    def _canaries(self, step: int, answer: Answer) -> dict[str, float]:
        section, self.cheats = self.section, []
        if not section.canaries or step % section.canary_every:
            return {}
        problems = [
            problem
            for task in self.tasks.values()
            for problem in task.source.train(section.canaries, step=step, seed=self.seed + 2)
        ]
        asked = canaries(problems, seed=self.seed, step=step)
        if not asked:
            return {}
        self.cheats = [record for record in answer(asked) if record.judged.verdict.is_correct]
        passes = float(len(self.cheats))
        return {"watch/canaries": float(len(asked)), "watch/canary_passes": passes}

    def halts(self, alarms: Sequence[Alarm]) -> bool:
        """Whether one of them ends the run."""
        return any(self.policy(alarm.name) in ("pause", "stop") for alarm in alarms)

    def act(self, alarms: Sequence[Alarm]) -> None:
        """HaltedError where an alarm's policy is to pause or to stop; the sternest one decides."""
        for policy, says in (("stop", "the run is stopped"), ("pause", "the run is paused")):
            for alarm in alarms:
                if self.policy(alarm.name) == policy:
                    goes_on = "`--resume` goes on" if policy == "pause" else _STOPPED
                    raise HaltedError(
                        f"alarm in step {alarm.step}: {alarm.what}; {says}",
                        where=", ".join(alarm.rollouts),
                        cause=alarm.cause,
                        remedy=f"{alarm.remedy} After that {goes_on}.",
                    )


def require_not_stopped(
    alarms: Sequence[Mapping[str, Any]], section: TrustSection, *, accept_risk: str | None
) -> str:
    """The reason for going on with a run that an alarm stopped; "" where none did.

    HaltedError where one did and there is no reason.
    """
    stopped = [alarm for alarm in alarms if section.alarms.get(alarm["name"]) == "stop"]
    reason = (accept_risk or "").strip()
    if stopped and not reason:
        last = stopped[-1]
        raise HaltedError(
            f"an alarm stopped this run in step {last['step']}: {last['what']}",
            cause=last["cause"],
            remedy=f"{last['remedy']} {_STOPPED}.",
        )
    return reason if stopped else ""
