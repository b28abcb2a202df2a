"""A function as people write them: it knows nothing of verigrad."""


def check(response: str, answer: str, info: dict) -> bool:  # noqa: ARG001 (the signature of such functions)
    """Whether the response is another word of the same letters."""
    said = response.strip().lower()
    return said.isalpha() and said != answer and sorted(said) == sorted(answer)
