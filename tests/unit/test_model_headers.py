"""Headers of GGUF files: what they tell, and what a file that lies about itself cannot do."""

import struct
from pathlib import Path

import gguf
import pytest

from rookery.adapters.llms.llama_cpp.catalogue import catalogue, read_model
from rookery.adapters.llms.llama_cpp.gguf_header import read_header
from rookery.domain.errors import LLMError
from tests.support.gguf_files import write_tiny_bert
from tests.support.gguf_llms import write_lora, write_tiny_gemma3, write_tiny_llama

TEXT, ARRAY, UINT32 = 8, 9, 4


def text(value: bytes) -> bytes:
    return struct.pack("<Q", len(value)) + value


def file(entries: bytes, *, tensors: int = 0, count: int = 1, version: int = 3) -> bytes:
    return struct.pack("<IIQQ", 0x46554747, version, tensors, count) + entries


def entry(key: bytes, kind: int, value: bytes) -> bytes:
    return text(key) + struct.pack("<I", kind) + value


def test_it_tells_what_the_reference_reader_tells(tmp_path: Path) -> None:
    path = write_tiny_gemma3(tmp_path / "gemma.gguf")
    header, reference = read_header(path), gguf.GGUFReader(path)
    assert header.architecture == "gemma3"
    assert [(tensor.name, tensor.shape, tensor.type, tensor.size) for tensor in header.tensors] == [
        (tensor.name, tuple(tensor.shape.tolist()), tensor.tensor_type.name, int(tensor.n_bytes))
        for tensor in reference.tensors
    ]
    for key, value in header.values.items():
        field = reference.get_field(key)
        assert field is not None
        if not isinstance(value, (tuple, float)):
            assert field.contents() == value
    assert header.arrays["tokenizer.ggml.tokens"].length == len(reference.fields["tokenizer.ggml.tokens"].data)


def test_block_sizes_are_those_of_the_reference() -> None:
    from rookery.adapters.llms.llama_cpp.gguf_header import BLOCKS

    known = {int(kind): (kind.name, *size) for kind, size in gguf.GGML_QUANT_SIZES.items()}
    assert {kind: block for kind, block in BLOCKS.items() if kind in known} == {
        kind: block for kind, block in known.items() if kind in BLOCKS
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not begin with GGUF"),
        (b"<html>" * 10, "does not begin with GGUF"),
        (file(b"", version=1), "is of version 1"),
        (struct.pack("<IIQQ", 0x46554747, 3, 2**60, 1), "claims 1152921504606846976 tensors"),
        (struct.pack("<IIQQ", 0x46554747, 3, 0, 2**40), "claims 1099511627776 entries"),
        (file(struct.pack("<Q", 2**62)), "claims 4611686018427387904 bytes of a text"),
        (file(entry(b"k", TEXT, struct.pack("<Q", 2**22) + b"x")), "ends within its header"),
        (file(entry(b"k", ARRAY, struct.pack("<IQ", TEXT, 2**26) + bytes(64))), "ends within its header"),
        (file(entry(b"k", ARRAY, struct.pack("<IQ", TEXT, 2) + struct.pack("<Q", 2**63) + bytes(64))), "ends within"),
        (file(entry(b"k", ARRAY, struct.pack("<IQ", UINT32, 2**63))), "elements of an array"),
        (file(entry(b"k", ARRAY, struct.pack("<IQ", ARRAY, 1) + bytes(64))), "an array is of the unknown kind 9"),
        (file(entry(b"k", 77, bytes(64))), "of the unknown kind 77"),
        (file(entry(b"general.alignment", UINT32, struct.pack("<I", 3)) + bytes(64)), "its alignment is 3"),
        (
            file(text(b"t") + struct.pack("<IQIQ", 1, 2**40, 0, 0), tensors=1, count=0),
            "has 57 of its 4398046511168 bytes",
        ),
        (file(text(b"t") + struct.pack("<IQIQ", 1, 32, 99, 0), tensors=1, count=0), "of the unknown type 99"),
        (file(text(b"t") + struct.pack("<I", 9) + bytes(64), tensors=1, count=0), "claims 9 dimensions"),
    ],
)
def test_a_file_that_lies_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(content)
    with pytest.raises(LLMError, match=message):
        read_header(path)


def test_every_truncation_of_a_model_is_noticed(tmp_path: Path) -> None:
    whole = write_tiny_llama(tmp_path / "whole.gguf").read_bytes()
    path = tmp_path / "cut.gguf"
    for length in [*range(0, 3000, 37), *range(3000, len(whole), 20011), len(whole) - 32]:
        path.write_bytes(whole[:length])
        with pytest.raises(LLMError, match="is not a whole GGUF model"):
            read_header(path)


def test_the_digest_is_of_the_header_and_the_size(tmp_path: Path) -> None:
    first = write_tiny_llama(tmp_path / "a.gguf", seed=1)
    same = write_tiny_llama(tmp_path / "b.gguf", seed=1)
    other = write_tiny_llama(tmp_path / "c.gguf", template=None)
    assert read_header(first).digest == read_header(same).digest != read_header(other).digest


def test_the_catalogue_names_what_a_person_put_there_and_what_was_pulled(tmp_path: Path) -> None:
    pulled = tmp_path / "rooks--gull-GGUF"
    pulled.mkdir()
    write_tiny_llama(tmp_path / "mine.gguf")
    write_tiny_gemma3(pulled / "gull-Q4_K_M.gguf")
    write_tiny_bert(tmp_path / "bert.gguf")
    write_lora(tmp_path / "style.gguf")
    (tmp_path / "half.gguf.part").write_bytes(b"GGUF")
    (tmp_path / "zero.gguf").write_bytes(b"")
    found = {model.name: model for model in catalogue(tmp_path)}
    assert {name: model.kind for name, model in found.items()} == {
        "bert": "embedding",
        "mine": "generative",
        "rooks/gull-GGUF:Q4_K_M": "generative",
        "style": "accessory",
        "zero": "unreadable",
    }
    gull = found["rooks/gull-GGUF:Q4_K_M"]
    assert (gull.architecture, gull.quantization, gull.context_tokens, gull.layers) == ("gemma3", "Q4_K_M", 4096, 7)
    assert gull.chat_template
    assert found["mine"].quantization == "F32"
    assert found["mine"].parameters == sum(tensor.parameters for tensor in read_model(found["mine"].path).tensors)
    assert "does not begin with GGUF" in (found["zero"].fault or "")


def test_the_parts_of_a_split_model_are_read_as_one(tmp_path: Path) -> None:
    whole = write_tiny_llama(tmp_path / "whole.gguf")
    for number in (1, 2):
        (tmp_path / f"split-0000{number}-of-00002.gguf").write_bytes(whole.read_bytes())
    header = read_model(tmp_path / "split-00001-of-00002.gguf")
    assert header.file_size == 2 * whole.stat().st_size
    assert len(header.tensors) == 2 * len(read_header(whole).tensors)
