"""Templates of five families, reduced to what matters here, and tokenizers that carry them."""

from small_models import make_tokenizer

CHATML = (
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}<eos>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
HEADERS = (
    "<bos>{% for m in messages %}[{{ m.role }}]\n\n{{ m.content | trim }}<eos>{% endfor %}"
    "{% if add_generation_prompt %}[assistant]\n\n{% endif %}"
)
RENAMED = (
    "<bos>{% for m in messages %}(turn {{ 'model' if m.role == 'assistant' else m.role }}\n"
    "{{ m.content | trim }}<eos>\n{% endfor %}{% if add_generation_prompt %}(turn model\n{% endif %}"
)
INSTRUCTIONS = (
    "<bos>{% for m in messages %}{% if m.role == 'assistant' %} {{ m.content }}<eos>"
    "{% else %}[INST] {{ m.content }} [/INST]{% endif %}{% endfor %}"
)
PLAIN = (
    "{% for m in messages %}{{ m.content }}{% if m.role == 'assistant' %}<eos>\n"
    "{% else %}\n{% endif %}{% endfor %}"
)
APPENDING = {
    "chatml": CHATML,
    "headers": HEADERS,
    "renamed": RENAMED,
    "instructions": INSTRUCTIONS,
    "plain": PLAIN,
}
FORGETFUL = (  # as Qwen3 does: reasoning is shown in the last turn only
    "{% for m in messages %}<|{{ m.role }}|>"
    "{% if m.role == 'assistant' and loop.last %}<think></think>{% endif %}{{ m.content }}<eos>\n"
    "{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
UNCLOSED = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)


def tokenizer_with(template):
    tokenizer = make_tokenizer()
    tokenizer.chat_template = template
    return tokenizer
