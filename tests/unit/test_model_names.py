"""Names of models: references to a hub, quantizations in file names, which file of a repository is meant."""

import pytest

from rookery.domain.errors import InvalidRequest, NotFound
from rookery.domain.model_names import (
    HubReference,
    choose,
    is_safe_name,
    models_among,
    parse_reference,
    parts_of,
    quantization_of,
)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("unsloth/gemma-3-4b-it-GGUF", HubReference("unsloth", "gemma-3-4b-it-GGUF")),
        ("unsloth/gemma-3-4b-it-GGUF:Q4_K_M", HubReference("unsloth", "gemma-3-4b-it-GGUF", "Q4_K_M")),
        ("a/b:quants/c.gguf", HubReference("a", "b", "quants/c.gguf")),
        ("https://huggingface.co/a/b", HubReference("a", "b")),
        ("hf.co/a/b:Q8_0", HubReference("a", "b", "Q8_0")),
    ],
)
def test_a_reference_is_read(text: str, reference: HubReference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize(
    "text", ["", "gemma", "../b", "a/..", "a/b/c", "/etc/passwd", "a/b:", "a--b/c", "a/b c", "a/.b"]
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="names no repository of the hub"):
        parse_reference(text)


@pytest.mark.parametrize(
    ("file", "quantization"),
    [
        ("gemma-3-4b-it-Q4_K_M.gguf", "Q4_K_M"),
        ("Qwen2.5-7B-Instruct-q4_k_m.gguf", "Q4_K_M"),
        ("gull.Q5_K_S.gguf", "Q5_K_S"),
        ("gull-fp16.gguf", "F16"),
        ("UD-Q4_K_XL/gull-UD-Q4_K_XL-00001-of-00002.gguf", "UD-Q4_K_XL"),
        ("Q8_0/gull.gguf", "Q8_0"),
        ("gpt-oss-20b-MXFP4.gguf", "MXFP4"),
        ("qwen3-4b.gguf", None),
    ],
)
def test_a_quantization_is_read_from_the_name(file: str, quantization: str | None) -> None:
    assert quantization_of(file) == quantization


def test_a_split_model_is_one_and_counts_only_when_it_is_whole() -> None:
    parts = parts_of("big-Q4_0-00001-of-00003.gguf")
    assert parts == [f"big-Q4_0-0000{number}-of-00003.gguf" for number in (1, 2, 3)]
    assert [model.files for model in models_among([*parts, "mmproj-F16.gguf", "notes.txt"])] == [tuple(parts)]
    assert models_among(parts[:2]) == []


@pytest.mark.parametrize(
    ("files", "wanted", "chosen"),
    [
        (["a-Q8_0.gguf", "a-Q4_K_M.gguf", "a-Q2_K.gguf"], None, "a-Q4_K_M.gguf"),
        (["a-Q8_0.gguf", "a-Q4_0.gguf"], None, "a-Q4_0.gguf"),
        (["a.gguf"], None, "a.gguf"),
        (["a-UD-Q4_K_XL.gguf", "a-Q8_0.gguf"], "q4_k_xl", "a-UD-Q4_K_XL.gguf"),
        (["a-UD-Q4_K_M.gguf", "a-Q4_K_M.gguf"], "Q4_K_M", "a-Q4_K_M.gguf"),
        (["x/a-Q4_0.gguf", "x/b-Q4_0.gguf"], "b-q4_0.gguf", "x/b-Q4_0.gguf"),
    ],
)
def test_the_file_that_is_meant_is_chosen(files: list[str], wanted: str | None, chosen: str) -> None:
    assert choose(files, HubReference("o", "r", wanted)).files == (chosen,)


def test_what_cannot_be_told_apart_is_asked_back() -> None:
    with pytest.raises(InvalidRequest, match=r"o/r holds several: a\.gguf, b\.gguf; name one, such as o/r:a\.gguf"):
        choose(["a.gguf", "b.gguf"], HubReference("o", "r"))
    with pytest.raises(NotFound, match="holds no Q6_K; it holds Q4_0"):
        choose(["a-Q4_0.gguf"], HubReference("o", "r", "Q6_K"))


@pytest.mark.parametrize(
    "name", [".hidden.gguf", "a/b.gguf", "..\\b.gguf", "a\n.gguf", "a.gguf.exe", "-rf.gguf", "é.gguf"]
)
def test_a_name_that_is_unfit_for_a_disk_is_noticed(name: str) -> None:
    assert not is_safe_name(name)
    assert is_safe_name("Gull-7B (v1.2)+x-Q4_K_M.gguf")
