"""What is made of Word documents."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from docx.document import Document as WordDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from rookery.adapters.readers.documents import Settings
from rookery.adapters.readers.filesystem import FilesystemReader
from rookery.application.chunking import split
from rookery.domain.errors import SourceError, SourceTooLarge
from rookery.domain.sources import Document
from tests.support.evidence import a_snapshot

pytestmark = pytest.mark.anyio

FOOTNOTES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
LONG = "The tide gauge stood in a hut below the cliff and drew its curve on paper. " * 6


async def read(path: Path, **settings: float) -> Document:
    document = await FilesystemReader(Settings(**settings), roots=None).read(str(path))
    assert isinstance(document, Document)
    return document


async def text_of(tmp_path: Path, write: Callable[[WordDocument], object]) -> str:
    word = docx.Document()
    write(word)
    word.save(str(tmp_path / "a.docx"))
    return (await read(tmp_path / "a.docx")).text


def rewrite(path: Path, parts: dict[str, bytes]) -> Path:
    """Replace or add parts of an archive."""
    with zipfile.ZipFile(path) as archive:
        kept = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (kept | parts).items():
            archive.writestr(name, content)
    return path


def body(word: WordDocument, xml: str) -> None:
    """Put something into a document that the library has no words for."""
    element = parse_xml(f"<w:body {nsdecls('w')} xmlns:mc='{MC}' xmlns:v='urn:v'>{xml}</w:body>")
    for child in reversed(list(element)):
        word.element.body.insert(0, child)


MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"


class TestText:
    async def test_headings_lists_and_tables_are_marked(self, tmp_path: Path) -> None:
        def write(word: WordDocument) -> None:
            word.add_heading("The gauge", 1)
            word.add_paragraph("It stood\tin a\u00a0hut.")
            word.add_heading("Parts", 2)
            word.add_paragraph("float", style="List Bullet")
            word.add_paragraph("drum", style="List Number")
            word.add_paragraph("pen", style="List Bullet 2")
            table = word.add_table(2, 2)
            for cell, text in zip(
                [*table.rows[0].cells, *table.rows[1].cells], ["year", "level", "1912", "3\nm"], strict=True
            ):
                cell.text = text
            word.add_paragraph("The end.")

        assert await text_of(tmp_path, write) == (
            "# The gauge\n\nIt stood in a hut.\n\n## Parts\n\n- float\n- drum\n- pen\n\n"
            "| year | level |\n| 1912 | 3 m |\n\nThe end."
        )

    async def test_passages_know_their_headings(self, tmp_path: Path) -> None:
        def write(word: WordDocument) -> None:
            word.add_heading("The gauge", 1)
            word.add_paragraph(LONG)
            word.add_heading("Its hut", 2)
            word.add_paragraph(LONG)

        await text_of(tmp_path, write)
        document = await read(tmp_path / "a.docx")
        passages = split(a_snapshot(document.text, media_type=document.media_type))
        assert [passage.heading for passage in passages] == ["The gauge", "The gauge › Its hut"]

    async def test_a_style_is_a_heading_by_what_it_is_based_on_or_by_its_outline(self, tmp_path: Path) -> None:
        def write(word: WordDocument) -> None:
            style = word.styles.add_style("Kapitel", WD_STYLE_TYPE.PARAGRAPH)
            style.base_style = word.styles["Heading 2"]
            word.add_paragraph("Based", style="Kapitel")
            outlined = word.styles.add_style("Outlined", WD_STYLE_TYPE.PARAGRAPH)
            outlined.element.get_or_add_pPr().append(parse_xml(f'<w:outlineLvl {nsdecls("w")} w:val="2"/>'))
            word.add_paragraph("Outlined", style="Outlined")

        assert await text_of(tmp_path, write) == "## Based\n\n### Outlined"

    async def test_what_is_wrapped_or_inserted_is_read_and_what_is_deleted_or_hidden_is_not(
        self, tmp_path: Path
    ) -> None:
        def write(word: WordDocument) -> None:
            body(
                word,
                "<w:sdt><w:sdtContent><w:p><w:r><w:t>In a control.</w:t></w:r></w:p></w:sdtContent></w:sdt>"
                "<w:p><w:r><w:t>Kept</w:t></w:r><w:ins w:id='1'><w:r><w:t> inserted</w:t></w:r></w:ins>"
                "<w:del w:id='2'><w:r><w:delText> deleted</w:delText></w:r></w:del>"
                "<w:r><w:rPr><w:vanish/></w:rPr><w:t> hidden</w:t></w:r>"
                "<w:hyperlink><w:r><w:t> linked.</w:t></w:r></w:hyperlink></w:p>"
                "<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>one</w:t><w:br/><w:t>two</w:t></w:r></w:p>",
            )

        assert await text_of(tmp_path, write) == "In a control.\n\nKept inserted linked.\n\none\ntwo"

    async def test_a_text_box_is_read_once(self, tmp_path: Path) -> None:
        box = "<w:txbxContent><w:p><w:r><w:t>Boxed.</w:t></w:r></w:p></w:txbxContent>"

        def write(word: WordDocument) -> None:
            body(
                word,
                f"<w:p><w:r><w:t>Around.</w:t></w:r><w:r><mc:AlternateContent>"
                f"<mc:Choice Requires='wps'>{box}</mc:Choice>"
                f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>",
            )

        assert await text_of(tmp_path, write) == "Around.\n\nBoxed."

    async def test_a_table_of_one_column_is_a_frame(self, tmp_path: Path) -> None:
        def write(word: WordDocument) -> None:
            cell = word.add_table(1, 1).rows[0].cells[0]
            cell.text = "First."
            cell.add_paragraph("Second.")

        assert await text_of(tmp_path, write) == "First.\n\nSecond."

    async def test_footnotes_stand_at_the_end(self, tmp_path: Path) -> None:
        word = docx.Document()
        body(
            word,
            "<w:p><w:r><w:t>It sank</w:t></w:r><w:r><w:footnoteReference w:id='7'/></w:r><w:r><w:t>.</w:t></w:r></w:p>",
        )
        word.save(str(tmp_path / "a.docx"))
        note = (
            f"<w:footnotes {nsdecls('w')}><w:footnote w:id='7'><w:p><w:r><w:t>In 1912.</w:t></w:r></w:p></w:footnote>"
        )
        with zipfile.ZipFile(tmp_path / "a.docx") as archive:
            relations = archive.read("word/_rels/document.xml.rels")
            types = archive.read("[Content_Types].xml")
        kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
        rewrite(
            tmp_path / "a.docx",
            {
                "word/footnotes.xml": f"{note}</w:footnotes>".encode(),
                "word/_rels/document.xml.rels": relations.replace(
                    b"</Relationships>",
                    f'<Relationship Id="rId99" Type="{FOOTNOTES}" Target="footnotes.xml"/></Relationships>'.encode(),
                ),
                "[Content_Types].xml": types.replace(
                    b"</Types>", f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'.encode()
                ),
            },
        )
        assert (await read(tmp_path / "a.docx")).text == "It sank[1].\n\n[1] In 1912."


class TestTitles:
    @pytest.mark.parametrize(
        ("title", "properties", "heading", "expected"),
        [
            ("The title", "Properties", "Heading", "The title"),
            ("", "Properties", "Heading", "Properties"),
            ("", "Microsoft Word - draft.doc", "Heading", "Heading"),
            ("", "", "", "Only text."),
        ],
    )
    async def test_the_title(self, tmp_path: Path, title: str, properties: str, heading: str, expected: str) -> None:
        def write(word: WordDocument) -> None:
            word.core_properties.title = properties
            if title:
                word.add_heading(title, 0)
            if heading:
                word.add_heading(heading, 1)
            word.add_paragraph("Only text.")

        await text_of(tmp_path, write)
        assert (await read(tmp_path / "a.docx")).title == expected


class TestWhatCannotBeRead:
    async def test_broken_files_are_source_errors(self, tmp_path: Path) -> None:
        word = docx.Document()
        word.add_paragraph(LONG)
        word.save(str(tmp_path / "a.docx"))
        whole = (tmp_path / "a.docx").read_bytes()
        for cut in range(1, len(whole), len(whole) // 20):
            (tmp_path / "broken.docx").write_bytes(whole[:cut])
            with pytest.raises(SourceError, match=r"is damaged or no \.docx file"):
                await read(tmp_path / "broken.docx")

    @pytest.mark.parametrize(
        "content", [b"Just text.", b"PK\x05\x06" + bytes(18), b"<w:document/>"], ids=["text", "empty archive", "xml"]
    )
    async def test_what_only_has_the_name(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "a.docx").write_bytes(content)
        with pytest.raises(SourceError, match=r"is damaged or no \.docx file"):
            await read(tmp_path / "a.docx")

    async def test_a_locked_document(self, tmp_path: Path) -> None:
        (tmp_path / "a.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500))
        with pytest.raises(SourceError, match="locked by a password"):
            await read(tmp_path / "a.docx")

    async def test_a_document_without_text(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="has no text"):
            await text_of(tmp_path, lambda word: word.add_paragraph(" "))

    async def test_a_zip_bomb_is_refused_before_it_is_unpacked(self, tmp_path: Path) -> None:
        docx.Document().save(str(tmp_path / "a.docx"))
        rewrite(tmp_path / "a.docx", {"word/media/image1.bmp": bytes(150_000_000)})
        assert (tmp_path / "a.docx").stat().st_size < 1_000_000
        with pytest.raises(
            SourceTooLarge, match=r"150\.\d MB when it is unpacked, more than .*sources\.max_unpacked_mb"
        ):
            await read(tmp_path / "a.docx")

    async def test_a_part_that_lies_about_its_size_is_not_unpacked_beyond_it(self, tmp_path: Path) -> None:
        docx.Document().save(str(tmp_path / "a.docx"))
        rewrite(tmp_path / "a.docx", {"word/document.xml": bytes(50_000_000)})
        stored = (50_000_000).to_bytes(4, "little")
        whole = (tmp_path / "a.docx").read_bytes()
        (tmp_path / "a.docx").write_bytes(whole.replace(stored, (5000).to_bytes(4, "little")))
        with pytest.raises(SourceError):
            await read(tmp_path / "a.docx")

    async def test_more_elements_than_memory_has_room_for(self, tmp_path: Path) -> None:
        docx.Document().save(str(tmp_path / "a.docx"))
        bomb = f"<w:document {nsdecls('w')}><w:body>{'<w:p/>' * 3_100_000}</w:body></w:document>"
        rewrite(tmp_path / "a.docx", {"word/document.xml": bomb.encode()})
        with pytest.raises(SourceTooLarge, match="elements, more than"):
            await read(tmp_path / "a.docx")

    async def test_entities_are_neither_expanded_nor_fetched(self, tmp_path: Path) -> None:
        (tmp_path / "secret.txt").write_text("the secret")
        docx.Document().save(str(tmp_path / "a.docx"))
        entities = f'<!DOCTYPE d [<!ENTITY a "bomb"><!ENTITY b SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
        text = "<w:p><w:r><w:t>Words &a; and &b; here.</w:t></w:r></w:p>"
        document = f"{entities}<w:document {nsdecls('w')}><w:body>{text}</w:body></w:document>"
        rewrite(tmp_path / "a.docx", {"word/document.xml": document.encode()})
        read_text = (await read(tmp_path / "a.docx")).text
        assert read_text.startswith("Words")
        assert "secret" not in read_text
        assert "bomb" not in read_text

    async def test_links_to_the_outside_are_not_followed(self, tmp_path: Path) -> None:
        word = docx.Document()
        word.add_paragraph("Words.")
        word.part.relate_to("http://127.0.0.1:9/notes.xml", FOOTNOTES, is_external=True)
        stream = io.BytesIO()
        word.save(stream)
        (tmp_path / "a.docx").write_bytes(stream.getvalue())
        assert (await read(tmp_path / "a.docx")).text == "Words."
