"""Files that are small on the wire and large, deep or endless inside. None of them is ever unpacked to be made."""

import io
import zipfile
import zlib
from collections.abc import Mapping

MEGABYTE = 1_000_000
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def pdf(objects: Mapping[int, bytes], root: int = 1) -> bytes:
    """Return a PDF of these objects, whose catalogue is `root`."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = {}
    for number, body in objects.items():
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start, size = out.tell(), max(objects) + 1
    rows = [b"%010d 00000 n \n" % places[n] if n in places else b"0000000000 65535 f \n" for n in range(size)]
    out.write(b"xref\n0 %d\n%s" % (size, b"".join(rows)))
    out.write(b"trailer << /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, root, start))
    return out.getvalue()


def stream(data: bytes, extra: bytes = b"") -> bytes:
    """Return a stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(data), extra, data)


def flate(pattern: bytes, size: int) -> bytes:
    """Return `size` bytes of a repeated pattern, packed by deflate."""
    packer = zlib.compressobj(9)
    block = pattern * (MEGABYTE // len(pattern))
    packed = [packer.compress(block) for _ in range(size // len(block))]
    return b"".join([*packed, packer.flush()])


def one_page(content: bytes, resources: bytes = b"/Font << /F 5 0 R >>", **more: bytes) -> bytes:
    """Return a PDF of one page; object 4 is its content, 5 its font, and `more` are objects by `oNUMBER`."""
    objects = {
        1: b"<< /Type /Catalog /Pages 2 0 R >>",
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << %s >> /MediaBox [0 0 9 9] >>" % resources,
        4: content,
        5: FONT,
    }
    return pdf(objects | {int(name[1:]): body for name, body in more.items()})


def deflate_in_a_stream() -> bytes:
    """A page whose content unpacks to a gigabyte."""
    return one_page(stream(flate(b"BT (a) Tj ET\n", 1000 * MEGABYTE), b"/Filter /FlateDecode"))


def deflate_twice() -> bytes:
    """A page whose content is packed twice."""
    inner = flate(b"BT (a) Tj ET\n", 3000 * MEGABYTE)
    return one_page(stream(zlib.compress(inner, 9), b"/Filter [/FlateDecode /FlateDecode]"))


def many_words() -> bytes:
    """A page with fifty million bytes of words, in operators of a letter each."""
    return one_page(stream(flate(b"BT /F 9 Tf (a) Tj ET\n", 50 * MEGABYTE), b"/Filter /FlateDecode"))


def page_tree(levels: int = 6, wide: int = 20) -> bytes:
    """A tree of pages, each node of which has the next one many times: 20 ** 6 pages in a kilobyte."""
    objects = {1: b"<< /Type /Catalog /Pages 2 0 R >>"}
    for level in range(levels):
        kids = b" ".join([b"%d 0 R" % (level + 3)] * wide)
        objects[level + 2] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, wide ** (levels - level))
    objects[levels + 2] = b"<< /Type /Page /MediaBox [0 0 9 9] >>"
    return pdf(objects)


def page_tree_in_a_circle() -> bytes:
    """A tree of pages that holds itself."""
    tree = b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 2 >>"
    return pdf({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: tree, 3: b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"})


def forms_in_forms(levels: int = 9, wide: int = 10) -> bytes:
    """A page with a form that draws ten forms, each of which draws ten, to a thousand million."""
    objects = {}
    for level in range(levels):
        draw = b"/X Do\n" * wide if level < levels - 1 else b"BT (a) Tj ET"
        uses = b"/Resources << /XObject << /X %d 0 R >> >>" % (11 + level)
        objects[f"o{10 + level}"] = stream(draw, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + uses)
    return one_page(stream(b"/X Do"), b"/XObject << /X 10 0 R >>", **objects)


def form_in_itself() -> bytes:
    """A page with a form that draws itself."""
    uses = b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 10 0 R >> >>"
    return one_page(stream(b"/X Do"), b"/XObject << /X 10 0 R >>", o10=stream(b"/X Do BT (a) Tj ET", uses))


def wide_characters() -> bytes:
    """A font whose table of characters has four thousand million of them."""
    table = stream(b"begincmap 1 beginbfrange <00000000> <FFFFFFFF> <0000> endbfrange endcmap")
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /ToUnicode 6 0 R >>"
    return one_page(stream(b"BT /F 9 Tf (a) Tj ET"), o5=font, o6=table)


def deep_array() -> bytes:
    """A page whose resources are an array in an array, a hundred thousand deep."""
    return one_page(stream(b"BT (a) Tj ET"), b"/A " + b"[" * 100_000 + b"]" * 100_000)


def reference_in_a_circle() -> bytes:
    """A page whose content is a reference to itself."""
    return one_page(b"4 0 R")


def huge_image() -> bytes:
    """A page with a picture of ten thousand million points."""
    about = b"/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    image = stream(flate(b"\0", 300 * MEGABYTE), about + b" /Filter /FlateDecode")
    return one_page(stream(b"/I Do BT (a) Tj ET"), b"/XObject << /I 10 0 R >>", o10=image)


PDFS = {
    made.__name__: made
    for made in (
        deflate_in_a_stream,
        deflate_twice,
        many_words,
        page_tree,
        page_tree_in_a_circle,
        forms_in_forms,
        form_in_itself,
        wide_characters,
        deep_array,
        reference_in_a_circle,
        huge_image,
    )
}


def same_page_again_and_again(pages: int = 2000) -> bytes:
    """Two thousand pages that share a content of ten megabytes of operators without a word."""
    content = stream(flate(b"0 0 m 1 1 l S\n", 10 * MEGABYTE), b"/Filter /FlateDecode")
    kids = b" ".join([b"3 0 R"] * pages)
    page = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> /MediaBox [0 0 9 9] >>"
    tree = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages)
    return pdf({1: b"<< /Type /Catalog /Pages 2 0 R >>", 2: tree, 3: page, 4: content, 5: FONT})


def word(document: bytes) -> bytes:
    """Return a DOCX whose document is this XML."""
    office = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{office}"/></Types>'
    )
    main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{main}" Target="word/document.xml"/></Relationships>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("_rels/.rels", relations)
        archive.writestr("word/document.xml", document)
    return out.getvalue()


_WORD = b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
_WORD_END = b"</w:body></w:document>"


def zeros_in_a_word_file() -> bytes:
    """A Word file with a part of a gigabyte of zeros."""
    out = io.BytesIO(word(_WORD + _WORD_END))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("word/media.xml", "w") as part:
        for _ in range(1000):
            part.write(bytes(MEGABYTE))
    return out.getvalue()


def word_file_that_lies() -> bytes:
    """A Word file that says of its document that it has a byte, and holds 200 MB."""
    data = bytearray(word(_WORD + b" " * 200 * MEGABYTE + _WORD_END))
    size = len(_WORD + _WORD_END) + 200 * MEGABYTE
    return bytes(data.replace(size.to_bytes(4, "little"), (1).to_bytes(4, "little")))


def deep_word_file() -> bytes:
    """A Word file with two million elements, each in the one before."""
    return word(_WORD + b"<w:p>" * 2_000_000 + b"</w:p>" * 2_000_000 + _WORD_END)


def laughing_word_file() -> bytes:
    """A Word file with a thousand million laughs."""
    return word(laughs() + _WORD + b"<w:p><w:r><w:t>&l9;</w:t></w:r></w:p>" + _WORD_END)


def laughs() -> bytes:
    """A document type whose entities multiply by ten, nine times."""
    entities = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return b'<!DOCTYPE x [<!ENTITY l0 "ha">' + entities + b"]>"


def nested_tags(size: int = 1_000_000) -> bytes:
    """A page with a million tags, each in the one before."""
    return b"<html><body>" + b"<div>" * size + b"a word"


def nested_tables() -> bytes:
    """A page with tables in tables."""
    return b"<html><body>" + b"<table><tr><td>" * 100_000 + b"a word"


def unclosed_links() -> bytes:
    """A page of links and formats that are opened and never closed."""
    return b"<html><body>" + b"<b><a href=x><i><p>word " * 200_000


def one_long_tag() -> bytes:
    """A page of one tag with a million attributes."""
    return b"<html><body><p " + b" ".join(b"a%d=1" % n for n in range(1_000_000)) + b">a word"


def one_long_comment() -> bytes:
    """A page that begins a comment, and a declaration, and never ends them."""
    return b"<html><body>a word <!--" + b"<!-- " * 3_000_000


def many_paragraphs() -> bytes:
    """Almost as many paragraphs as the search for the main text is done for."""
    return b"<html><body><article>" + b"<p>A word of the rooks, and another one.</p>" * 49_000


def nested_lists() -> bytes:
    """Lists in lists, as deep as the parser allows, with words."""
    return b"<html><body>" + (b"<ul><li>word " * 120 + b"</li></ul>" * 120) * 200


def many_meta_tags() -> bytes:
    """A head that does not end."""
    return b"<html><head>" + b"<meta name=a content=b><title>t</title>" * 300_000 + b"<body><p>a word"


def laughing_page() -> bytes:
    """XHTML with a thousand million laughs."""
    return laughs() + b"<html><body><p>&l9; a word of a page</p></body></html>"


def random_bytes() -> bytes:
    """Eight megabytes of noise without a zero, which are no charset's text."""
    import random

    return bytes(random.Random(7).choices(range(128, 256), k=8 * MEGABYTE))


PDFS["same_page_again_and_again"] = same_page_again_and_again
WORDS = {m.__name__: m for m in (zeros_in_a_word_file, word_file_that_lies, deep_word_file, laughing_word_file)}
PAGES = {
    made.__name__: made
    for made in (
        nested_tags, nested_tables, unclosed_links, one_long_tag, one_long_comment, many_paragraphs, nested_lists,
        many_meta_tags, laughing_page, random_bytes,
    )
}  # fmt: skip
