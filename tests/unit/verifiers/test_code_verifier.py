"""The code verifier through the ordinary contract: every form of tests, on a real sandbox."""

import json
from collections.abc import Iterator

import pytest

from verigrad.core.types import Message, Problem
from verigrad.core.verdict import Reason, Status
from verigrad.sandbox import Level, Result, failed, use_sandbox
from verigrad.sandbox import Status as Ended
from verigrad.sandbox.local import LocalSandbox
from verigrad.sandbox.presets import missing
from verigrad.sandbox.scripted import Scripted
from verigrad.verifiers import TABLE
from verigrad.verifiers.code import Code, CodePolicy


@pytest.fixture(autouse=True)
def _sandbox(local: LocalSandbox) -> Iterator[None]:
    use_sandbox(local)
    yield
    use_sandbox(None)


def judge(tests, response: str, *, question: str = "", **switches):
    return Code(**switches).verify(Problem.of(question, tests), response)


ADD = {
    "entry_point": "add",
    "cases": [
        {"args": [1, 2], "expected": 3},
        {"args": [0, 0], "expected": 0},
        {"args": [10, 20], "expected": 30, "hidden": True},
    ],
}
RIGHT = "def add(a, b):\n    return a + b\n"


def test_the_table_knows_it() -> None:
    assert TABLE.load("code") is Code


def test_a_right_function_passes_with_its_level_and_rates(local: LocalSandbox) -> None:
    verdict = judge(ADD, RIGHT)
    assert verdict.is_correct
    assert verdict.evidence["level"] == local.level
    assert verdict.evidence["visible"] == {"passed": 2, "ran": 2, "total": 2}
    assert verdict.evidence["hidden"] == {"passed": 1, "ran": 1, "total": 1}


def test_tests_may_come_as_json_text() -> None:
    assert judge(json.dumps(ADD), RIGHT).is_correct


def test_hidden_failures_show_as_a_gap() -> None:
    table = "def add(a, b):\n    return {(1, 2): 3, (0, 0): 0}.get((a, b))\n"
    verdict = judge(ADD, table, stop_early=False)
    assert verdict.reason is Reason.WRONG
    assert verdict.evidence["visible"]["passed"] == 2
    assert verdict.evidence["hidden"] == {"passed": 0, "ran": 1, "total": 1}
    assert verdict.evidence["failure"]["hidden"] is True


def test_the_fraction_is_paid_only_by_name() -> None:
    half = "def add(a, b):\n    return 3 if a == 1 else 0\n"
    assert judge(ADD, half).score == 0.0
    verdict = judge(ADD, half, score="fraction")
    assert verdict.reason is Reason.PARTIAL
    assert verdict.score == pytest.approx(2 / 3)


def test_verdicts_repeat_and_order_does_not_depend_on_the_caller() -> None:
    wrong = "def add(a, b):\n    return 0\n"
    first, second = judge(ADD, wrong), judge(ADD, wrong)
    assert first.evidence == second.evidence


def test_many_at_once_keep_their_order() -> None:
    problem = Problem.of("", ADD)
    pairs = [(problem, RIGHT if i % 2 else f"def add(a, b):\n    return {i}") for i in range(20)]
    verdicts = Code().verify_batch(pairs)
    assert [verdict.is_correct for verdict in verdicts] == [bool(i % 2) for i in range(20)]


@pytest.mark.parametrize(
    ("tests", "right", "wrong"),
    [
        (
            {"cases": [{"stdin": "3\n", "stdout": "9\n"}, {"stdin": "4", "stdout": "16"}]},
            "print(int(input()) ** 2)",
            "print(9)",
        ),
        (
            {"entry_point": "Solution.go", "cases": [{"args": ["ab"], "expected": "ba"}]},
            "class Solution:\n    def go(self, s):\n        return s[::-1]",
            "class Solution:\n    def go(self, s):\n        return s",
        ),
        (
            {
                "entry_point": "Stack",
                "cases": [
                    {"calls": [["push", [1]], ["push", [2]], ["pop", []]], "expected": [None, None, 2]}
                ],
            },
            "class Stack:\n    def __init__(self):\n        self.x = []\n    def push(self, v):\n"
            "        self.x.append(v)\n    def pop(self):\n        return self.x.pop()",
            "class Stack:\n    def push(self, v): ...\n    def pop(self):\n        return 1",
        ),
        (
            {
                "entry_point": "pair",
                "literals": True,
                "cases": [{"args": "[(1, 2)]", "expected": "(2, {1})"}],
            },
            "def pair(t):\n    return t[1], {t[0]}",
            "def pair(t):\n    return [t[1], {t[0]}]",
        ),
        (
            {"entry_point": "f", "cases": [{"args": [3], "kwargs": {"k": 2}, "expected": 1.5}]},
            "def f(x, *, k):\n    return x / k",
            "def f(x, *, k):\n    return x // k",
        ),
        (
            {
                "entry_point": "roots",
                "comparator": {
                    "kind": "checker",
                    "checker": "def check(input, output, expected):\n"
                    "    return type(output) is int and output * output == input[0]",
                },
                "cases": [{"args": [9]}, {"args": [16]}],
            },
            "def roots(n):\n    return -int(n ** 0.5)",
            "def roots(n):\n    return 3",
        ),
        (
            {
                "cases": [{"stdin": "6", "stdout": ""}],
                "comparator": {
                    "kind": "checker",
                    "checker": "def check(input, output, expected):\n"
                    "    parts = [int(p) for p in output.split()]\n"
                    "    return len(parts) == 2 and sum(parts) == int(input)",
                },
            },
            "n = int(input())\nprint(1, n - 1)",
            "print(*range(7))",
        ),
        (
            {"entry_point": "f", "assertions": ["assert f(1) == 2", "assert f(2) == 3"]},
            "def f(x):\n    return x + 1",
            "def f(x):\n    return 2",
        ),
        (
            {
                "entry_point": "f",
                "assertions": "import unittest\nclass T(unittest.TestCase):\n"
                "    def test_one(self):\n        self.assertEqual(f(1), 2)\n",
            },
            "def f(x):\n    return x + 1",
            "def f(x):\n    return x",
        ),
        (
            {
                "entry_point": "Stack",
                "names": ["Empty"],
                "assertions": "s = Stack()\ns.push(1)\nassert len(s) == 1 and s.size == 1\n"
                "assert isinstance(s, Stack)\nassert s.pop() == 1\n"
                "try:\n    s.pop()\n    assert False\nexcept Empty:\n    pass\n",
            },
            "class Empty(Exception): ...\nclass Stack:\n    def __init__(self):\n        self.x = []\n"
            "    def push(self, v):\n        self.x.append(v)\n    def __len__(self):\n"
            "        return len(self.x)\n    @property\n    def size(self):\n        return len(self.x)\n"
            "    def pop(self):\n        if not self.x:\n            raise Empty\n        return self.x.pop()",
            "class Empty(Exception): ...\nclass Stack:\n    size = 1\n    def push(self, v): ...\n"
            "    def __len__(self):\n        return 1\n    def pop(self):\n        return 1",
        ),
        (
            {
                "entry_point": "evens",
                "assertions": "assert list(evens(5)) == [0, 2, 4]\nassert next(iter(evens(9))) == 0",
            },
            "def evens(n):\n    yield from range(0, n, 2)",
            "def evens(n):\n    yield from range(n)",
        ),
    ],
    ids=[
        "program", "method", "class calls", "literals", "keywords", "checker of values",
        "checker of output", "list of asserts", "unittest", "class asserts", "generator",
    ],
)  # fmt: skip
def test_every_form(tests, right, wrong) -> None:
    assert judge(tests, right).is_correct, judge(tests, right)
    verdict = judge(tests, wrong)
    assert verdict.score == 0.0, verdict


def test_several_files() -> None:
    tests = {"main": "main.py", "cases": [{"stdin": "", "stdout": "7"}]}
    main = "```python main.py\nfrom util import x\nprint(x)\n```\n"
    assert judge(tests, main + "```python util.py\nx = 7\n```").is_correct
    assert judge(tests, main + "```python util.py\nx = 8\n```").reason is Reason.WRONG
    called = {"main": "main.py", "entry_point": "f", "cases": [{"expected": 7}]}
    entry = "```python main.py\nfrom util import x\ndef f():\n    return x\n```\n"
    assert judge(called, entry + "```python util.py\nx = 7\n```").is_correct


def test_state_lives_in_one_process_only_where_the_tests_say_so() -> None:
    counter = "n = 0\ndef count():\n    global n\n    n += 1\n    return n\n"
    cases = [{"expected": 1}, {"expected": 2}, {"expected": 3}]
    assert judge({"entry_point": "count", "cases": cases, "stateful": True}, counter).is_correct
    assert not judge({"entry_point": "count", "cases": cases}, counter).is_correct


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("cpp", "#include <cstdio>\nint main(){int n;scanf(\"%d\",&n);printf(\"%d\\n\",n*n);}", "int main(){"),
        ("javascript", "console.log(require('fs').readFileSync(0, 'utf8') ** 2)", "console.log(1)"),
        ("shell", "read n; echo $((n * n))", "echo 8"),
    ],
)  # fmt: skip
def test_other_languages(language, right, wrong) -> None:
    if why := missing(language):
        pytest.skip(why)
    tests = {"preset": language, "cases": [{"stdin": "3\n", "stdout": "9\n"}], "memory_mb": 1024}
    assert judge(tests, right).is_correct, judge(tests, right)
    assert judge(tests, wrong).score == 0.0


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("", Reason.NO_ANSWER),
        ("def add(a, b) return a", Reason.MALFORMED),
        ("def add(a, b):\n    while True: pass", Reason.TIMEOUT),
        ("def add(a, b):\n    return [0] * 10**10", Reason.WRONG),  # MemoryError is raised
        ("def add(a, b):\n    return 'x' * 10**7", Reason.OVER_LIMIT),
        ("import os\nos.abort()", Reason.WRONG),
        ("def add(a, b):\n    return object()", Reason.WRONG),
        ("x" * 10**6, Reason.OVER_LIMIT),
    ],
)
def test_reasons(response, reason) -> None:
    assert judge(ADD, response, time_limit_s=1.0).reason is reason


@pytest.mark.parametrize(
    "tests",
    [
        None,
        "{",
        [],
        {},
        {"cases": []},
        {"entry_point": "f", "cases": []},
        {"entry_point": "f()", "cases": [{"expected": 1}]},
        {"entry_point": "f", "cases": [{"args": [1]}]},
        {"entry_point": "f", "cases": [{"args": [1], "expected": 1, "extra": 1}]},
        {"entry_point": "f", "literals": True, "cases": [{"args": "[f()]", "expected": "1"}]},
        {"entry_point": "f", "assertions": ""},
        {"entry_point": "f", "assertions": "f(1)"},
        {"entry_point": "f", "assertions": "assert f(1) == helper(1)"},
        {"entry_point": "f", "assertions": "import no_such_module\nassert f(1) == 1"},
        {"entry_point": "f", "assertions": "assert f(lambda: 1) == 1"},
        {"cases": [{"stdin": "1", "stdout": "1", "comparator": "checker"}]},
    ],
    ids=str,
)
def test_tests_that_cannot_judge_are_abstained_from(tests) -> None:
    verdict = judge(tests, "def f(x):\n    return 1", question="Write f.")
    assert verdict.status is Status.ABSTAINED, verdict
    assert verdict.score is None


def test_no_assert_no_pass() -> None:
    tests = {"entry_point": "f", "assertions": "for x in f():\n    assert x == 1"}
    assert judge(tests, "def f():\n    return [1]").is_correct
    assert judge(tests, "def f():\n    return []").reason is Reason.WRONG


def test_helpers_of_the_tests_come_from_the_prompt_not_from_the_candidate() -> None:
    prompt = "def twice(x):\n    return 2 * x\n\n\ndef half(x):\n    ...\n"
    tests = {"entry_point": "half", "assertions": "assert twice(half(3)) == 3"}
    lie = "def twice(x):\n    return 3\ndef half(x):\n    return 0\n"
    assert judge(tests, prompt + "def half(x):\n    return x / 2", question=prompt).is_correct
    assert judge(tests, lie, question=prompt).score == 0.0
    bare = judge(tests, lie)  # nobody else defines it: allowed without a prompt, and said
    assert bare.evidence["helpers_from_candidate"] == ["twice"]
    assert judge(tests, lie, helpers="trusted").status is Status.ABSTAINED


def solved(tests, solution: str) -> Problem:
    return Problem((Message("user", "?"),), tests, solution=solution)


def test_references_are_run_several_times() -> None:
    assert Code().check_reference(solved(ADD, RIGHT)).is_correct
    broken = Code().check_reference(solved(ADD, "def add(a, b):\n    return 1"))
    assert broken.reason is Reason.BAD_REFERENCE
    flaky = "import os\ndef add(a, b):\n    return a + b + (os.urandom(1)[0] > 200)\n"
    many = {"entry_point": "add", "cases": ADD["cases"] * 12}
    assert Code().check_reference(solved(many, flaky)).reason is Reason.BAD_REFERENCE
    assert Code().check_reference(Problem.of("?", ADD)) is None


def test_a_sandbox_that_fails_is_never_score_0() -> None:
    use_sandbox(Scripted([failed("no such preset")]))
    verdict = judge(ADD, RIGHT)
    assert verdict.status is Status.FAILED
    assert verdict.score is None
    assert "no such preset" in verdict.evidence["why"]


def test_a_level_below_the_minimum_is_failed() -> None:
    with LocalSandbox(level=Level.SECCOMP) as weak:
        use_sandbox(weak)
        verdict = judge(ADD, RIGHT, minimum_level="namespaces")
    assert verdict.status is Status.FAILED


def test_jobs_hold_inputs_only() -> None:
    """Nothing that is sent on behalf of the candidate contains what is expected of it."""
    sandbox = Scripted(lambda _: Result(Ended.EXITED, 0))
    use_sandbox(sandbox)
    secret = {"entry_point": "f", "cases": [{"args": [1], "expected": "S3CRET"}]}
    judge(secret, "def f(x):\n    return x")
    asserts = {"entry_point": "f", "assertions": "assert f(1) == 'S3CRET'"}
    judge(asserts, "def f(x):\n    return x")
    judge({"cases": [{"stdin": "1", "stdout": "S3CRET"}]}, "print(1)")
    calls, tests, candidate, program = sandbox.jobs
    for job in (calls, candidate, program):
        sent = b"".join([job.message, job.stdin, *job.files.values(), *map(str.encode, job.argv)])
        assert b"S3CRET" not in sent
    assert b"S3CRET" in tests.message
    assert b"def f" not in tests.message


def test_the_digest_covers_what_runs_inside() -> None:
    assert any(path.name == "run_asserts.py" for path in Code.sources())
    assert Code().digest != Code(CodePolicy(score="fraction")).digest
