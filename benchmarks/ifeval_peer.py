"""lm-eval's IFEval checks over JSON lines, in an environment of its own (see ifeval_agreement.py).

    PEER_PYTHON benchmarks/ifeval_peer.py < pairs.jsonl > answers.jsonl

Two parts of lm-eval need data of nltk that is downloaded at run time, and are replaced here: the
sentence tokenizer by lm-eval's own `split_into_sentences`, `word_tokenize` by nltk's
NLTKWordTokenizer on the whole text. Its language detector draws at random unless seeded; each call
is seeded here. Everything else is lm-eval's code as installed.
"""

import importlib.util
import json
import random
import sys
import types
from pathlib import Path


def load():
    root = Path(importlib.util.find_spec("lm_eval").submodule_search_locations[0])
    for name in ("lm_eval", "lm_eval.tasks", "lm_eval.tasks.ifeval"):
        package = types.ModuleType(name)  # without running lm_eval/__init__, which needs torch
        package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package
    import nltk

    nltk.data.find = lambda *_, **__: True
    nltk.download = lambda *_, **__: True
    from langdetect import DetectorFactory
    from lm_eval.tasks.ifeval import instructions_util, utils
    from nltk.tokenize.destructive import NLTKWordTokenizer

    DetectorFactory.seed = 0
    instructions_util.count_sentences = lambda text: len(
        [s for s in instructions_util.split_into_sentences(text) if s]
    )
    tokenizer = NLTKWordTokenizer()
    instructions_util.nltk.word_tokenize = tokenizer.tokenize
    return utils


def main():
    utils = load()
    checks = {
        "strict": utils.test_instruction_following_strict,
        "loose": utils.test_instruction_following_loose,
    }
    for line in sys.stdin:
        row = json.loads(line)
        random.seed(0)
        example = utils.InputExample(0, [row["id"]], "", [row["arguments"]])
        said = {}
        for name, check in checks.items():
            try:
                said[name] = check(example, row["text"]).follow_instruction_list[0]
            except Exception as error:
                said[name] = f"{type(error).__name__}: {error}"[:100]
        print(json.dumps(said))


main()
