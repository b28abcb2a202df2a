"""One response after the other: revision with feedback, and budget forcing."""

from __future__ import annotations

from dataclasses import dataclass, replace

from verigrad.core.types import Message
from verigrad.testtime.base import Asking, Partial, Session


@dataclass(frozen=True, slots=True)
class Revision:
    """Shows the model its last response and the verifier's word on it, and asks again.

    A conversation that would leave no room for an answer begins anew.
    """

    name: str = "revision"

    def solve(self, session: Session) -> Asking[str]:
        """The first response that is certain, else the last one."""
        start, last = session.start, ""
        while session.left > 0:
            drafts = yield from session.finish([start])
            if not drafts:
                if start is session.start:
                    break
                start = session.start
                continue
            last = drafts[0].text
            if session.is_solved(last):
                break
            said = session.scorer.feedback(session.problem, last)
            start = Partial(
                session.render(
                    (*session.problem.prompt, Message("assistant", last), Message("user", said))
                )
            )
        return last


@dataclass(frozen=True, slots=True)
class BudgetForcing:
    """The end is taken away and `extension` put in its place until the budget is spent or the
    response is at its longest (s1, arXiv:2501.19393). Never asks whether a response is right.
    """

    extension: str = "Wait"
    name: str = "forcing"

    def solve(self, session: Session) -> Asking[str]:
        """The whole text; a verifier that reads the last answer reads the newest."""
        draft = session.start
        while session.left > 0:
            drafts = yield from session.finish([draft], temperature=0.0)
            if not drafts:
                break
            draft = drafts[0]
            if not draft.is_done:
                break
            forced = session.encode(self.extension)
            kept = draft.ids[:-1]  # the closing token
            going = replace(
                draft, ids=(*kept, *forced), text=draft.text + self.extension, is_done=False
            )
            if session.left <= 0 or len(going.ids) >= session.limits.answer:
                break
            draft = going
        return draft.text.removesuffix(self.extension)
