"""Settings that make no sense are refused, all at once."""

import pytest

from verigrad.core.errors import ConfigError
from verigrad.rollouts.sampling import Request, SamplingParameters


def test_all_wrong_settings_are_named_at_once():
    with pytest.raises(ConfigError) as caught:
        SamplingParameters(max_output_tokens=0, temperature=-1.0, top_p=0.0, top_k=-1, stop=("",))
    for name in ("max_output_tokens", "temperature", "top_p", "top_k", "stop string"):
        assert name in caught.value.what


def test_not_a_number_is_refused():
    with pytest.raises(ConfigError, match="temperature"):
        SamplingParameters(max_output_tokens=1, temperature=float("nan"))


def test_stop_as_one_string_would_stop_at_each_letter():
    with pytest.raises(ConfigError, match="tuple of strings"):
        SamplingParameters(max_output_tokens=1, stop="END")  # type: ignore[arg-type]


def test_requests_need_a_prompt_and_a_sample():
    sampling = SamplingParameters(max_output_tokens=1)
    with pytest.raises(ConfigError, match="prompt token"):
        Request((), 1, sampling, 0)
    with pytest.raises(ConfigError, match="num_samples"):
        Request((1,), 0, sampling, 0)
