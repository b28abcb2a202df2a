"""Byte-level BPE tokenizers trained on the spot, with templates shaped like five families'.

The templates are written here; they keep what matters: which tokens close a turn, who may speak,
how results of tools are shown, what Mistral's and Gemma's refuse.
"""

from functools import cache

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

QWEN = (
    "{%- if tools %}<|im_start|>system\n{% for t in tools %}{{ t | tojson }}\n{% endfor %}<|im_end|>\n"
    "{% endif %}{%- for m in messages %}{%- if m.role == 'tool' %}"
    "{%- if loop.first or messages[loop.index0 - 1].role != 'tool' %}<|im_start|>user{% endif %}\n"
    "<tool_response>\n{{ m.content }}\n</tool_response>"
    "{%- if loop.last or messages[loop.index0 + 1].role != 'tool' %}<|im_end|>\n{% endif %}"
    "{%- else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}<|im_start|>assistant\n"
    "{%- if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}{# <tool_call> #}"
)
LLAMA3 = (
    "<|begin_of_text|>{%- for m in messages %}<|start_header_id|>"
    "{{ 'ipython' if m.role == 'tool' else m.role }}<|end_header_id|>\n\n{{ m.content | trim }}"
    "<|eot_id|>{%- endfor %}"
    "{%- if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
MISTRAL = (
    "<s>{%- set talk = messages | rejectattr('role', 'equalto', 'tool') | list %}"
    "{%- for m in talk %}{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}{%- endfor %}"
    "{%- for m in messages %}{%- if m.role == 'user' %}[INST] {{ m.content }}[/INST]"
    "{%- elif m.role == 'tool' %}{%- if m.tool_call_id | length != 9 %}"
    "{{ raise_exception('nine characters') }}{% endif %}"
    '[TOOL_RESULTS] {"content": {{ m.content | tojson }}, "call_id": "{{ m.tool_call_id }}"}'
    "[/TOOL_RESULTS]{%- else %} {{ m.content }}</s>{% endif %}{%- endfor %}{# [TOOL_CALLS] #}"
)
GEMMA = (
    "<bos>{%- for m in messages %}{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}<start_of_turn>"
    "{{ 'model' if m.role == 'assistant' else m.role }}\n{{ m.content | trim }}<end_of_turn>\n"
    "{%- endfor %}{%- if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
REASONER = (  # as DeepSeek-R1: the prompt opens the reasoning
    "<bos>{%- for m in messages %}{%- if m.role == 'assistant' %}<|Assistant|>{{ m.content }}<eos>"
    "{%- elif m.role == 'tool' %}<|tool_output|>{{ m.content }}"
    "{%- else %}<|User|>{{ m.content }}{% endif %}{%- endfor %}"
    "{%- if add_generation_prompt %}<|Assistant|><think>\n{% endif %}"
)
# name -> (template, closing token, other special tokens)
FAMILIES = {
    "qwen": (
        QWEN,
        "<|im_end|>",
        ("<|im_start|>", "<think>", "</think>", "<tool_call>", "</tool_call>"),
    ),
    "llama3": (
        LLAMA3,
        "<|eot_id|>",
        ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|python_tag|>"),
    ),
    "mistral": (
        MISTRAL,
        "</s>",
        ("<s>", "[INST]", "[/INST]", "[TOOL_CALLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"),
    ),
    "gemma": (GEMMA, "<end_of_turn>", ("<bos>", "<start_of_turn>")),
    "reasoner": (
        REASONER,
        "<eos>",
        ("<bos>", "<|Assistant|>", "<|User|>", "<|tool_output|>", "<think>", "</think>"),
    ),
}
CORPUS = [
    "What is 347*862? The answer is \\boxed{299114}. Let me think about it again, step by step.",
    '<tool_call>\n{"name": "calculator", "arguments": {"expression": "12+30"}}\n</tool_call>',
    "def f(x):\n    return x ** 2  # squares\nprint([f(i) for i in range(10)])",
    "Wait, that is not correct. Try again. <think> </think> na\u00efve caf\u00e9 \u4f60\u597d \U0001f642",
] * 3


@cache
def bpe_tokenizer(family):
    template, end, special = FAMILIES[family]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in (end, *special)])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=end, clean_up_tokenization_spaces=False
    )
    fast.chat_template = template
    return fast
