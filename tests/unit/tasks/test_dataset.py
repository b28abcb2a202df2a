"""Rows as problems: columns people have, references as datasets write them, splits."""

import json
import sys
import types

import pytest

from verigrad.core.errors import ConfigError, DataError, SetupError
from verigrad.core.types import Message
from verigrad.tasks.columns import choose_columns
from verigrad.tasks.dataset import RowsSource
from verigrad.tasks.prompts import PromptTemplate
from verigrad.tasks.references import ReferenceForm, detect_form, split_reference

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}]


def source(*rows, **settings):
    return RowsSource.from_rows(rows, where="test", held_out_rows=rows, **settings)


def first(*rows, **settings):
    return source(*rows, **settings).problems("train")[0]


@pytest.mark.parametrize(
    ("row", "prompt", "answer"),
    [
        ({"prompt": "2+2?", "answer": "4"}, "prompt", "answer"),
        ({"question": "2+2?", "ground_truth": "4"}, "question", "ground_truth"),
        ({"problem": "2+2?", "solution": "2+2 is 4", "answer": "4"}, "problem", "answer"),
        ({"problem": "2+2?", "solution": "4"}, "problem", "solution"),
        ({"input": "2+2?", "target": "4"}, "input", "target"),
        ({"instruction": "2+2?", "input": "", "label": 4}, "instruction", "label"),
        ({"question": "2+2?", "answer": "worked", "final_answer": "4"}, "question", "final_answer"),
        ({"messages": MESSAGES, "ground_truth": "4"}, "messages", "ground_truth"),
        (
            {"data_source": "x", "prompt": MESSAGES, "reward_model": {"ground_truth": "4"}},
            "prompt",
            "reward_model.ground_truth",
        ),
        (
            {"conversations": [{"from": "human", "value": "2+2?"}], "answer": 4.0},
            "conversations",
            "answer",
        ),
    ],
)
def test_usual_columns_are_found_and_reported(row, prompt, answer):
    found = source(row)
    assert (found.reader.columns.prompt, found.reader.columns.answer) == (prompt, answer)
    assert f'prompt from "{prompt}", answer from "{answer}"' in found.describe()
    problem = found.problems("train")[0]
    assert problem.question == "2+2?"
    assert problem.answer in ("4", "4.0")


def test_named_columns_win():
    row = {"prompt": "no", "answer": "no", "task": {"text": "2+2?", "key": "4"}, "why": "2+2=4"}
    problem = first(row, prompt="task.text", answer="task.key", solution="why")
    assert (problem.question, problem.answer, problem.solution) == ("2+2?", "4", "2+2=4")


def test_a_missing_column_names_those_there_are_and_the_nearest():
    with pytest.raises(DataError, match='no prompt column: there is not "qestion"') as caught:
        source({"question": "2+2?", "answer": "4"}, prompt="qestion")
    assert 'did you mean "question"?' in caught.value.remedy
    assert "columns here: question, answer" in caught.value.remedy
    with pytest.raises(DataError, match="no answer column") as caught:
        source({"question": "2+2?", "reply": "4"})
    assert "question, reply" in caught.value.remedy


def test_a_column_that_a_later_row_lacks_names_the_row():
    problems = source({"question": "1?", "answer": "1"}, {"question": "2?"}).problems("train")
    with pytest.raises(DataError, match='no field "answer"') as caught:
        list(problems)
    assert caught.value.where == "test, row 2"


def test_gsm8k_rows_give_answer_and_worked_solution():
    text = "She sold 48/2 = <<48/2=24>>24 clips.\nThat is 48+24 = <<48+24=72>>72.\n#### 72"
    problem = first({"question": "How many?", "answer": text})
    assert problem.answer == "72"
    assert problem.solution == "She sold 48/2 = 24 clips.\nThat is 48+24 = 72.\n\\boxed{72}"
    as_written = first(
        {"question": "How many?", "answer": text}, template=PromptTemplate(answer_in="hash")
    )
    assert str(as_written.solution).endswith("= 72.\n#### 72")


def test_math_rows_give_the_last_box():
    text = r"First \boxed{1} is too small, so it is $\boxed{\frac{1}{2}}$ in the end."
    problem = first({"problem": "?", "solution": text})
    assert (problem.answer, problem.solution) == (r"\frac{1}{2}", text)


@pytest.mark.parametrize(
    ("references", "form"),
    [
        (["a\n#### 1", "#### 2"], "hash"),
        (["a\n#### 1", "2"], "plain"),
        (["##### 1"], "plain"),
        ([r"\boxed{1}"], "plain"),  # nothing worked around it: as it is
        ([r"because of all this it is \boxed{1}", r"\boxed{2}"], "boxed"),
        ([r"because of all this it is \boxed{1"], "plain"),
        ([18, 19], "plain"),
        ([], "plain"),
    ],
)
def test_the_form_is_what_all_references_have(references, form):
    assert detect_form(references) is ReferenceForm(form)


def test_a_reference_without_its_mark_is_empty():
    assert split_reference("no mark", ReferenceForm.HASH) == ("", None)
    assert split_reference("no box", ReferenceForm.BOXED) == ("", "no box")
    assert split_reference(["a", "b"], ReferenceForm.PLAIN) == (["a", "b"], None)
    assert split_reference(True, ReferenceForm.PLAIN) == (True, None)


def test_a_conversation_that_ends_in_an_answer_is_prompt_and_solution():
    row = {"messages": [*MESSAGES, {"role": "assistant", "content": "It is 4."}], "answer": "4"}
    problem = first(row)
    assert problem.prompt == (Message("system", "Be brief."), Message("user", "2+2?"))
    assert problem.solution == "It is 4."


@pytest.mark.parametrize(
    "prompt", [None, 5, {"text": "2+2?"}, [{"role": "robot", "content": "2+2?"}], ["2+2?"], []]
)
def test_prompts_that_are_none_name_the_row(prompt):
    with pytest.raises(DataError) as caught:
        first({"prompt": prompt, "answer": "4"})
    assert caught.value.where == "test, row 1"


def test_info_columns_go_along():
    problem = first({"question": "?", "target": 22, "nums": [3, 5, 7]}, info=("nums",))
    assert problem.info == {"nums": [3, 5, 7]}
    assert problem.answer == "22"


# --- splits


def numbered(count):
    return tuple({"question": f"{n}+1=", "answer": str(n + 1)} for n in range(count))


def test_a_share_is_held_out_and_the_order_kept():
    rows = RowsSource.from_rows(numbered(1_000), where="test", held_out_share=0.2)
    train, held_out = ([p.question for p in rows.problems(s)] for s in ("train", "held_out"))
    assert len(train) + len(held_out) == 1_000
    assert not set(train) & set(held_out)
    assert 150 < len(held_out) < 250  # 200 expected, standard deviation 12.6
    assert train == sorted(train, key=lambda q: int(q.split("+")[0]))


def test_equal_questions_are_on_one_side_and_more_rows_move_none():
    twice = numbered(100) + tuple(
        {**row, "question": f" {row['question']} "} for row in numbered(100)
    )
    rows = RowsSource.from_rows(twice, where="test")
    sides = [{p.question.strip() for p in rows.problems(s)} for s in ("train", "held_out")]
    assert not sides[0] & sides[1]
    fewer = RowsSource.from_rows(numbered(50), where="test")
    assert {p.question for p in fewer.problems("held_out")} <= sides[1]


def test_a_view_is_sliced_without_reading_and_size_bounds_training():
    problems = source(*numbered(10), size=4).problems("train")
    assert [p.question for p in problems] == ["0+1=", "1+1=", "2+1=", "3+1="]
    assert [p.question for p in problems[1:3]] == ["1+1=", "2+1="]
    assert problems[-1].answer == "4"
    assert len(source(*numbered(10), size=4).problems("held_out")) == 10


def test_no_held_out_rows_is_an_error_when_they_are_asked_for():
    rows = RowsSource.from_rows(numbered(1), where="test", held_out_share=1e-9)
    assert len(rows.problems("train")) == 1
    with pytest.raises(DataError, match="no held_out problems"):
        rows.problems("held_out")


def test_files_of_their_own(tmp_path):
    for name, rows in (("a.jsonl", numbered(3)), ("b.jsonl", numbered(2))):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = RowsSource.from_file(tmp_path / "a.jsonl", held_out_path=tmp_path / "b.jsonl", task="t")
    assert (len(files.problems("train")), len(files.problems("held_out"))) == (3, 2)
    assert files.problems("train")[0].task == "t"
    (tmp_path / "b.jsonl").write_text('{"question": "1+1="}\n')
    files = RowsSource.from_file(tmp_path / "a.jsonl", held_out_path=tmp_path / "b.jsonl")
    with pytest.raises(DataError) as caught:
        files.problems("held_out")[0]
    assert caught.value.where == f"{tmp_path / 'b.jsonl'}, row 1"


# --- prompts


def test_template_system_instruction_and_examples():
    shot = first({"question": "1+1?", "answer": "2"})
    template = PromptTemplate("Q: {question}", system="Think.", answer_in="boxed", examples=(shot,))
    problem = first({"question": r"Is {x} in \{1\}?", "answer": "4"}, template=template)
    asks = "Put your final answer in \\boxed{}."
    assert [(m.role, m.content) for m in problem.prompt] == [
        ("system", "Think."),
        ("user", f"Q: 1+1?\n{asks}"),
        ("assistant", "\\boxed{2}"),
        ("user", f"Q: Is {{x}} in \\{{1\\}}?\n{asks}"),
    ]


def test_a_template_dresses_conversations_too():
    row = {
        "messages": [
            *MESSAGES,
            {"role": "assistant", "content": "4"},
            {"role": "user", "content": "And 3+3?"},
        ],
        "answer": "6",
    }
    template = PromptTemplate("Q: {question}", system="Think.")
    assert [m.content for m in first(row, template=template).prompt] == [
        "Think.",
        "2+2?",
        "4",
        "Q: And 3+3?",
    ]


def test_dressing_changes_the_id_and_never_shows_the_reference():
    plain = first({"question": "1+1?", "answer": "2"})
    dressed = PromptTemplate("{question} Go.").dress(plain, task="sums")
    assert dressed.question == "1+1? Go."
    assert dressed.task == "sums"
    assert dressed.id != plain.id
    with pytest.raises(ConfigError, match="exactly once"):
        PromptTemplate("{question} = {answer}, {question}")
    with pytest.raises(ConfigError, match="exactly once"):
        PromptTemplate("{prompt}")


# --- hub


class FakeDatasets(types.ModuleType):
    """`datasets`, as far as it is used: a list with a length, or the error of a wrong name."""

    def load_dataset(self, name, config, *, split, revision):
        if name != "someone/sums":
            raise FileNotFoundError(f"Dataset '{name}' doesn't exist on the Hub")
        return list(numbered({"train": 5, "test": 2}[split]))


def test_hub_datasets_are_rows(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", FakeDatasets("datasets"))
    hub = RowsSource.from_hub("someone/sums", held_out_split="test")
    assert (len(hub.problems("train")), len(hub.problems("held_out"))) == (5, 2)
    assert hub.describe().startswith("someone/sums:train: 5 rows")
    assert list(hub.rows[1:3]) == list(numbered(3)[1:])
    with pytest.raises(DataError, match="doesn't exist") as caught:
        RowsSource.from_hub("someone/sms")
    assert "someone/sms" in caught.value.where


def test_the_hub_needs_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(SetupError, match="datasets") as caught:
        RowsSource.from_hub("someone/sums")
    assert "verigrad[hub]" in caught.value.remedy


def test_columns_need_only_the_first_rows():
    assert choose_columns(numbered(200)).form is ReferenceForm.PLAIN
