"""`json` and `yaml`: the payload is one document, and it is valid by the problem's schema."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, rejected
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.structure.payload import PayloadPolicy, find_payload
from verigrad.verifiers.structure.schema import BadSchemaError, read_schema
from verigrad.verifiers.structure.strict_json import NotJsonError, parse_json
from verigrad.verifiers.structure.yaml_reader import parse_yaml


class Json(Verifier):
    """A JSON document valid by the schema that the problem's `answer` is.

    >>> schema = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
    >>> Json().verify(Problem.of("?", schema), '{"n": 3}').is_correct
    True
    >>> Json().verify(Problem.of("?", schema), '{"n": 3, "n": 4}').reason
    <Reason.MALFORMED: 'malformed'>
    """

    name: ClassVar[str] = "json"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = PayloadPolicy
    proves: ClassVar[str] = "the payload is one JSON document, valid by the problem's schema"
    cannot: ClassVar[str] = "that the values are true: a schema says what they look like"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "about 1 ms"
    parse: ClassVar[staticmethod[[str], Any]] = staticmethod(parse_json)

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The schema first, then the payload, then its values."""
        try:
            schema = read_schema(problem.answer)
            found = find_payload(response, self.policy)
            try:
                fault = schema.fault(self.parse(found.text))
            except NotJsonError as error:
                return rejected(Reason.MALFORMED, extracted=found, evidence={"why": str(error)})
        except BadSchemaError as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        except UnreadableError as error:
            return rejected(error.reason, evidence={"why": error.why})
        facts: dict[str, Any] = {"extracted": found, "method": "schema", "certainty": "exact"}
        if fault is None:
            return correct(**facts)
        return rejected(Reason.WRONG, evidence={"why": fault}, **facts)

    def reference_response(self, problem: Problem) -> str | None:
        """The schema's own first example, where it gives one."""
        examples = problem.answer.get("examples") if isinstance(problem.answer, dict) else None
        return json.dumps(examples[0]) if examples else None


class Yaml(Json):
    """The same for a YAML document."""

    name: ClassVar[str] = "yaml"
    proves: ClassVar[str] = "the payload is one plain YAML document, valid by the problem's schema"
    cost: ClassVar[str] = "a few ms"
    parse: ClassVar[staticmethod[[str], Any]] = staticmethod(parse_yaml)
