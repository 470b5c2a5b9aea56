"""What the filesystem reader makes of the files that people have."""

import contextlib
import hashlib
import os
import socket
import threading
import time
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest
from fpdf import FPDF

from rookery.adapters.readers import places
from rookery.adapters.readers.documents import Settings, fingerprint
from rookery.adapters.readers.filesystem import FilesystemReader
from rookery.domain.errors import ConfigurationError, OutsideSandbox, SourceError, SourceTooLarge
from rookery.domain.sources import Document, Unchanged

pytestmark = pytest.mark.anyio

CORPUS = Path(__file__).parents[2] / "examples" / "kittiwake-point"


@pytest.fixture
def reader() -> FilesystemReader:
    return FilesystemReader(Settings(), roots=None)


async def read(path: Path, content: bytes | str, **settings: float) -> Document:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())  # noqa: ASYNC240 - a small file
    return whole(await FilesystemReader.from_section(settings, roots=None).read(str(path)))


def whole(document: Document | Unchanged) -> Document:
    assert isinstance(document, Document)
    return document


def make_pdf(path: Path, pages: Sequence[str], *, title: str = "", password: str = "", width: float = 0) -> Path:
    pdf = FPDF()
    pdf.set_font("helvetica", size=12)
    if title:
        pdf.set_title(title)
    if password:
        pdf.set_encryption(owner_password="owner", user_password=password)
    for page in pages:
        pdf.add_page()
        if page:
            pdf.multi_cell(w=width, text=page, align="L")
    pdf.output(str(path))
    return path


class TestFolders:
    async def test_a_folder_gives_its_documents_sorted_and_recursively(
        self, reader: FilesystemReader, tmp_path: Path
    ) -> None:
        for name in ("b.md", "a.txt", "sub/deep/c.html", "sub/d.py", "NOTES", "photo.png", "data.zip"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("some text")
        assert await reader.expand(str(tmp_path)) == [
            str(tmp_path / name) for name in ("NOTES", "a.txt", "b.md", "sub/d.py", "sub/deep/c.html")
        ]

    async def test_what_is_hidden_is_left_out(self, reader: FilesystemReader, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "notes.md").write_text("x")
        (tmp_path / ".secret.md").write_text("x")
        (tmp_path / "seen.md").write_text("x")
        assert await reader.expand(str(tmp_path)) == [str(tmp_path / "seen.md")]

    async def test_a_hidden_folder_that_is_named_is_read(self, reader: FilesystemReader, tmp_path: Path) -> None:
        (tmp_path / ".notes").mkdir()
        (tmp_path / ".notes" / "a.md").write_text("x")
        assert await reader.expand(str(tmp_path / ".notes")) == [str(tmp_path / ".notes" / "a.md")]

    async def test_links_in_a_circle_end(self, reader: FilesystemReader, tmp_path: Path) -> None:
        (tmp_path / "a").mkdir()
        (tmp_path / "a" / "x.md").write_text("x")
        (tmp_path / "a" / "up").symlink_to(tmp_path)
        (tmp_path / "again").symlink_to(tmp_path / "a")
        (tmp_path / "same.md").symlink_to(tmp_path / "a" / "x.md")
        (tmp_path / "dead.md").symlink_to(tmp_path / "nothing")
        assert await reader.expand(str(tmp_path)) == [str(tmp_path / "a" / "x.md")]

    async def test_an_unknown_file_is_a_document_when_it_is_text(
        self, reader: FilesystemReader, tmp_path: Path
    ) -> None:
        (tmp_path / "README").write_text("text")
        (tmp_path / "notes.weird").write_text("text")
        (tmp_path / "core.weird").write_bytes(b"\x7fELF\0\0\0")
        (tmp_path / "empty.weird").touch()
        (tmp_path / "paper.weird").write_bytes(b"%PDF-1.7 \0\0")
        os.mkfifo(tmp_path / "pipe.md")
        assert [Path(name).name for name in await reader.expand(str(tmp_path))] == [
            "README",
            "notes.weird",
            "paper.weird",
        ]

    async def test_an_office_file_is_listed_so_that_reading_it_says_what_to_do(
        self, reader: FilesystemReader, tmp_path: Path
    ) -> None:
        (tmp_path / "thesis.odt").write_bytes(b"PK\x03\x04\0\0")
        [location] = await reader.expand(str(tmp_path))
        with pytest.raises(SourceError, match=r"does not read \.odt files; save it as \.docx, PDF or text"):
            await reader.read(location)

    async def test_empty_files_of_a_folder_are_no_documents(self, reader: FilesystemReader, tmp_path: Path) -> None:
        (tmp_path / "__init__.py").touch()
        (tmp_path / "a.py").write_text("x = 1\n")
        assert await reader.expand(str(tmp_path)) == [str(tmp_path / "a.py")]

    async def test_a_file_is_itself(self, reader: FilesystemReader, tmp_path: Path) -> None:
        (tmp_path / "photo.png").write_bytes(b"\x89PNG\0")
        assert await reader.expand(str(tmp_path / "photo.png")) == [str(tmp_path / "photo.png")]

    async def test_nothing_there(self, reader: FilesystemReader, tmp_path: Path) -> None:
        for attempt in (reader.expand, reader.read):
            with pytest.raises(SourceError, match=r"there is no file or folder at .*nowhere"):
                await attempt(str(tmp_path / "nowhere"))

    async def test_an_empty_folder_says_what_would_be_read(self, reader: FilesystemReader, tmp_path: Path) -> None:
        (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8")
        with pytest.raises(SourceError, match=r"has no document; Rookery reads \.md, \.txt, \.html, \.pdf"):
            await reader.expand(str(tmp_path))

    async def test_the_home_folder_may_be_abbreviated(
        self, reader: FilesystemReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        (tmp_path / "a.md").write_text("# Hello\n")
        assert (await reader.read("~/a.md")).title == "Hello"

    @pytest.mark.parametrize("location", ["https://example.org/a", "HTTP://example.org"])
    async def test_an_address_is_refused_with_advice(self, reader: FilesystemReader, location: str) -> None:
        for attempt in (reader.expand, reader.read):
            with pytest.raises(SourceError, match="is an address of the web, not a file or folder"):
                await attempt(location)

    @pytest.mark.parametrize(
        "location", ["", "  ", "a\0b", "x" * 5000, "~nobody-of-this-name/x", "\ud800", "file:///%"]
    )
    async def test_odd_locations_are_source_errors(self, reader: FilesystemReader, location: str) -> None:
        for attempt in (reader.expand, reader.read):
            with pytest.raises(SourceError) as caught:
                await attempt(location)
            str(caught.value).encode()

    async def test_names_outside_unicode_are_given_as_addresses(self, reader: FilesystemReader, tmp_path: Path) -> None:
        name = os.fsdecode(b"caf\xe9.md")
        (tmp_path / name).write_text("words")
        [location] = await reader.expand(str(tmp_path))
        assert location == (tmp_path / name).as_uri()
        document = await reader.read(location)
        assert document.url == location
        document.model_dump_json()


class TestSandbox:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        (tmp_path / "in" / "sub").mkdir(parents=True)
        (tmp_path / "in" / "sub" / "a.md").write_text("inside")
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "b.md").write_text("outside")
        (tmp_path / "in" / "link.md").symlink_to(tmp_path / "out" / "b.md")
        (tmp_path / "in" / "folder").symlink_to(tmp_path / "out")
        return tmp_path / "in"

    async def test_below_a_root_all_is_read(self, root: Path) -> None:
        reader = FilesystemReader(Settings(), roots=[root])
        assert await reader.expand(str(root)) == [str(root / "sub" / "a.md")]
        assert (await reader.read(str(root / "sub" / ".." / "sub" / "a.md"))).text == "inside"

    @pytest.mark.parametrize("location", ["../out/b.md", "link.md", "folder", "folder/b.md", "../out/nowhere", ".."])
    async def test_nothing_else_is_read_nor_told_to_exist(self, root: Path, location: str) -> None:
        reader = FilesystemReader(Settings(), roots=[root])
        for attempt in (reader.expand, reader.read):
            with pytest.raises(OutsideSandbox, match="outside the folders that may be read"):
                await attempt(str(root / location))
        with pytest.raises(OutsideSandbox):
            reader.url(str(root / location))

    async def test_a_root_may_be_a_link_itself(self, root: Path, tmp_path: Path) -> None:
        (tmp_path / "alias").symlink_to(root)
        reader = FilesystemReader(Settings(), roots=[tmp_path / "alias"])
        assert (await reader.read(str(tmp_path / "alias" / "sub" / "a.md"))).text == "inside"

    async def test_without_roots_links_are_followed(self, root: Path, reader: FilesystemReader) -> None:
        assert (await reader.read(str(root / "link.md"))).text == "outside"
        assert [Path(name).name for name in await reader.expand(str(root))] == ["b.md", "link.md", "a.md"]

    @pytest.mark.parametrize("swapped", ["sub", "sub/a.md"])
    async def test_a_link_put_in_place_after_the_check_is_not_followed(self, root: Path, swapped: str) -> None:
        checked = places.resolve(str(root / "sub" / "a.md"), [root])
        target = root.parent / "out" / ("b.md" if swapped.endswith(".md") else "")
        (root.parent / "out" / "a.md").write_text("outside")
        (root / swapped).rename(root / "moved")
        (root / swapped).symlink_to(target)
        with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
            places.open_file(checked, [root])


class TestWhatCannotBeRead:
    async def test_a_large_file_is_refused_before_it_is_read(self, tmp_path: Path) -> None:
        with (tmp_path / "huge.txt").open("wb") as file:
            file.truncate(3_000_000_000)
        tracemalloc.start()
        with pytest.raises(SourceTooLarge, match=r"3,000\.0 MB, more than the limit of 20 MB; .*sources\.max_file_mb"):
            await FilesystemReader(Settings(), roots=None).read(str(tmp_path / "huge.txt"))
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
        tracemalloc.stop()

    async def test_the_limit_on_characters_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(SourceTooLarge, match=r"more than 10 characters; .*sources\.max_characters"):
            await read(tmp_path / "a.txt", "eleven char", max_characters=10)

    @pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\0\0\0", b"text\0text", bytes(range(1, 32)) * 20])
    async def test_what_is_no_text(self, tmp_path: Path, content: bytes) -> None:
        for name in ("a.txt", "a.md", "a.unknown", "a.html"):
            with pytest.raises(SourceError, match="is not text"):
                await read(tmp_path / name, content)

    @pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\xef\xbb\xbf"])
    async def test_an_empty_file(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(SourceError, match="is empty"):
            await read(tmp_path / "a.txt", content)

    async def test_pipes_sockets_devices_and_folders_do_not_block(
        self, reader: FilesystemReader, tmp_path: Path
    ) -> None:
        os.mkfifo(tmp_path / "pipe.txt")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "s.txt"))
            for place in (tmp_path / "pipe.txt", tmp_path / "s.txt", Path("/dev/zero"), tmp_path):
                with pytest.raises(SourceError, match=r"is a device, pipe or socket|is a folder"):
                    await reader.read(str(place))

    async def test_a_file_without_permission(
        self, reader: FilesystemReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> int:
            raise PermissionError(13, "Permission denied")

        (tmp_path / "a.md").write_text("x")
        monkeypatch.setattr(places.os, "open", refuse)
        with pytest.raises(SourceError, match="may not be read by this user; check its permissions"):
            await reader.read(str(tmp_path / "a.md"))

    async def test_a_wrong_setting_is_named(self) -> None:
        with pytest.raises(ConfigurationError, match=r"sources\.max_file_mb"):
            FilesystemReader.from_section({"max_file_mb": "big"}, roots=None)
        with pytest.raises(ConfigurationError, match=r"sources\.max_fil_mb"):
            FilesystemReader.from_section({"max_fil_mb": 3}, roots=None)


class TestPlainText:
    @pytest.mark.parametrize(
        "text", ["a\r\nb\rc\n", "\ttabs  and spaces \n\n\n", "e\u0301 \U0001f426 \u202eabc ﬁ &amp;"]
    )
    async def test_the_text_is_the_file(self, tmp_path: Path, text: str) -> None:
        document = await read(tmp_path / "a.md", text)
        assert document.text == text
        assert hashlib.sha256(document.text.encode()).hexdigest() == hashlib.sha256(text.encode()).hexdigest()
        assert document.url == (tmp_path / "a.md").resolve().as_uri()
        assert document.size == len(text.encode())

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    async def test_a_byte_order_mark_is_obeyed_and_dropped(self, tmp_path: Path, encoding: str) -> None:
        assert (await read(tmp_path / "a.txt", "Þorvaldur 🐦".encode(encoding))).text == "Þorvaldur 🐦"

    @pytest.mark.parametrize(
        ("text", "encoding"),
        [
            ("Café au lait, déjà vu, à la carte.", "cp1252"),
            ("“Quotes” – and dashes… it’s £20", "cp1252"),
            ("naïve", "latin-1"),
            ("Größe und Straße, für später", "latin-1"),
            ("Привет, мир. Это короткий русский текст.", "cp1251"),
            ("日本語のテキストです。これは試験です。", "shift_jis"),
            ("Zażółć gęślą jaźń, proszę bardzo, a potem łódź", "cp1250"),
        ],
    )
    async def test_older_encodings_are_recognised(self, tmp_path: Path, text: str, encoding: str) -> None:
        assert (await read(tmp_path / "a.txt", text.encode(encoding))).text == text

    async def test_one_broken_byte_does_not_change_the_rest(self, tmp_path: Path) -> None:
        text = "Sigríður Þorvaldsdóttir, “kittiwake island”, Méridot. " * 5
        assert (await read(tmp_path / "a.txt", text.encode() + b"\xff")).text == text + "\ufffd"

    async def test_lone_surrogates_are_replaced(self, tmp_path: Path) -> None:
        document = await read(tmp_path / "a.txt", b"\xff\xfe" + "a".encode("utf-16-le") + b"\x00\xd8")
        assert document.text == "a\ufffd"

    @pytest.mark.parametrize(
        ("name", "text", "title"),
        [
            ("a.md", "---\nauthor: me\ntitle: 'The real one'\n---\n# Other\n", "The real one"),
            ("a.md", "intro\n\n## *First* [heading](x.md) ##\n\n# Second\n", "First heading"),
            ("a.md", "```\n# not this\n```\n\nText", "not this"),
            ("a.md", "Underlined\n==========\n\ntext", "Underlined"),
            ("a.md", "# snake_case_name stays\n", "snake_case_name stays"),
            ("a.txt", "\n\n  NAMES OF   THE CLIFFS\n\ntext", "NAMES OF THE CLIFFS"),
            ("tide-tables.txt", "long " * 60, "tide-tables"),
            ("tides.py", "import os\n", "tides.py"),
            ("tides.csv", "a,b\n1,2\n", "tides.csv"),
        ],
    )
    async def test_titles(self, tmp_path: Path, name: str, text: str, title: str) -> None:
        assert (await read(tmp_path / name, text)).title == title

    @pytest.mark.parametrize(
        ("name", "media_type"),
        [
            ("a.MD", "text/markdown"),
            ("a.txt", "text/plain"),
            ("a.py", "text/x-python"),
            ("a.kts", "text/x-kotlin"),
            ("Dockerfile", "text/x-dockerfile"),
            ("CMakeLists.txt", "text/x-cmake"),
            ("a.csv", "text/csv"),
        ],
    )
    async def test_media_types(self, tmp_path: Path, name: str, media_type: str) -> None:
        assert (await read(tmp_path / name, "words")).media_type == media_type


class TestHtml:
    async def test_the_article_is_kept_and_the_rest_of_the_page_is_not(self, reader: FilesystemReader) -> None:
        document = await reader.read(str(CORPUS / "hask-rock-light.html"))
        assert document.title == "The story of the light"
        assert "\n\n## Keepers\n\nThree men lived on the rock at a time" in document.text
        assert "so that there should be something. He retired" in document.text
        assert "for £1,150, travelled" in document.text
        for gone in ("cookie", "Privacy", "Shop", "siteOptions", "font-family", "&mdash;", "<"):
            assert gone not in document.text

    async def test_lists_tables_and_line_breaks_are_lines(self, tmp_path: Path) -> None:
        page = (
            "<title>T</title><article><h1>Head</h1><p>One <b>bold</b>&nbsp;word.<br>Next</p>"
            "<ul><li>first</li><li>second<ul><li>inner</li></ul></li></ul>"
            "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
            f"<p>{'Enough text to be an article. ' * 15}</p></article>"
        )
        text = (await read(tmp_path / "a.html", page)).text
        assert text.startswith(
            "# Head\n\nOne bold word.\nNext\n\n- first\n- second\n  - inner\n\n| A | B |\n| 1 | 2 |\n\nEnough"
        )

    async def test_a_page_without_an_article_is_taken_whole(self, tmp_path: Path) -> None:
        page = (
            "<body><nav>menu</nav><script>x()</script><div>Short <i>note</i>.</div><div hidden>no</div><div>End</div>"
        )
        assert (await read(tmp_path / "a.html", page)).text == "Short note.\n\nEnd"

    @pytest.mark.parametrize(
        ("head", "title"),
        [
            ("<title>Story | Site</title><h1>Story</h1>", "Story"),
            ("<title>Site - A longer story</title><h1>A longer story</h1>", "A longer story"),
            ("<title>Only title</title><h1>Other</h1>", "Only title"),
            ("<h1>Only &amp; heading</h1>", "Only & heading"),
            ("", "page"),
        ],
    )
    async def test_titles(self, tmp_path: Path, head: str, title: str) -> None:
        assert (await read(tmp_path / "page.html", f"{head}<p>text</p>")).title == title

    @pytest.mark.parametrize(
        "page",
        [
            '<meta charset="windows-1251"><p>Привет'.encode("cp1251"),
            '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-5"><p>Привет'.encode("iso-8859-5"),
            '<meta charset="latin1"><p>Привет'.encode(),
            "<p>Привет".encode("utf-16"),
            '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><p>Привет</p></html>'.encode(),
        ],
    )
    async def test_the_encoding_is_found(self, tmp_path: Path, page: bytes) -> None:
        assert (await read(tmp_path / "a.html", page)).text == "Привет"

    async def test_entity_bombs_and_deep_nesting_do_no_harm(self, tmp_path: Path) -> None:
        bomb = "<!DOCTYPE html [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]><p>text &b; end</p>"
        assert "text" in (await read(tmp_path / "a.html", bomb)).text
        for depth in (300, 5000, 100_000):
            deep = "<p>before</p>" + "<div>" * depth + "<p>deep</p>" + "</div>" * depth + "<p>after</p>"
            assert (await read(tmp_path / "a.html", deep)).text == "before\n\ndeep\n\nafter"

    async def test_a_large_page_takes_seconds(self, tmp_path: Path) -> None:
        started = time.process_time()
        document = await read(tmp_path / "a.html", "<div>word <b>word</b></div>" * 150_000)
        assert len(document.text) > 1_000_000
        assert time.process_time() - started < 20

    @pytest.mark.parametrize("page", ["<script>app()</script>", "<!-- only -->", "<p> </p>"])
    async def test_a_page_without_text_says_what_to_do(self, tmp_path: Path, page: str) -> None:
        with pytest.raises(SourceError, match="has no text; if a script fills the page"):
            await read(tmp_path / "a.html", page)

    async def test_lone_surrogates_cannot_come_from_references(self, tmp_path: Path) -> None:
        (await read(tmp_path / "a.html", "<p>a &#xD800; b &#0; c</p>")).text.encode()

    async def test_an_unknown_name_is_recognised_by_its_content(self, tmp_path: Path) -> None:
        document = await read(tmp_path / "saved page", "<!-- x --><!doctype html><p>text</p>")
        assert (document.media_type, document.text) == ("text/html", "text")


class TestPdf:
    async def test_pages_become_running_text(self, reader: FilesystemReader) -> None:
        document = await reader.read(str(CORPUS / "fagerheim-inquiry-1929.pdf"))
        assert document.title == "Report of the inquiry into the loss of the Norwegian barque Fagerheim"
        assert (
            "\n\nII. The stranding\n\nOn 19 November she was in thick snow from the north-west, running under"
            in document.text
        )
        assert (
            "Captain Anders Lyngdal, who had been eleven years in her, and carried a crew of thirteen" in document.text
        )
        assert "Inquiry into the loss of the barque" not in document.text  # the header of each page
        assert "Dunmarrow, January 1929" not in document.text  # the footer

    async def test_ligatures_are_letters(self, reader: FilesystemReader) -> None:
        document = await reader.read(str(CORPUS / "tide-roll-rescue-2017.pdf"))
        assert "the float gauge at Kittiwake Point" in document.text
        assert not any("ﬀ" <= character <= "ﬆ" for character in document.text)

    async def test_titles(self, tmp_path: Path, reader: FilesystemReader) -> None:
        async def title(name: str, metadata: str = "") -> str:
            return (
                await reader.read(str(make_pdf(tmp_path / name, ["First line\n\nSome text."], title=metadata)))
            ).title

        assert await title("a.pdf", metadata="The Tides") == "The Tides"
        assert await title("b.pdf", metadata="Microsoft Word - draft.doc") == "First line"
        assert await title("c.pdf", metadata="untitled") == "First line"
        assert await title("d.pdf") == "First line"

    async def test_a_locked_pdf(self, tmp_path: Path, reader: FilesystemReader) -> None:
        make_pdf(tmp_path / "a.pdf", ["secret"], password="pw")
        with pytest.raises(SourceError, match="locked by a password; save a copy without one"):
            await reader.read(str(tmp_path / "a.pdf"))

    async def test_a_pdf_that_only_restricts_its_owner_is_read(self, tmp_path: Path, reader: FilesystemReader) -> None:
        pdf = FPDF()
        pdf.set_encryption(owner_password="owner")
        pdf.add_page()
        pdf.set_font("helvetica", size=12)
        pdf.cell(text="Readable words.")
        pdf.output(str(tmp_path / "a.pdf"))
        assert (await reader.read(str(tmp_path / "a.pdf"))).text == "Readable words."

    async def test_a_pdf_without_text(self, tmp_path: Path, reader: FilesystemReader) -> None:
        make_pdf(tmp_path / "scan.pdf", ["", "", ""])
        with pytest.raises(SourceError, match=r"3 pages and no text layer.*ocrmypdf"):
            await reader.read(str(tmp_path / "scan.pdf"))

    async def test_too_many_pages(self, tmp_path: Path) -> None:
        make_pdf(tmp_path / "a.pdf", ["one", "two", "three"])
        reader = FilesystemReader(Settings(max_pdf_pages=2), roots=None)
        with pytest.raises(SourceTooLarge, match=r"3 pages, more than the limit of 2; .*sources\.max_pdf_pages"):
            await reader.read(str(tmp_path / "a.pdf"))

    async def test_too_much_text(self, tmp_path: Path) -> None:
        make_pdf(tmp_path / "a.pdf", ["words " * 100])
        reader = FilesystemReader(Settings(max_characters=50), roots=None)
        with pytest.raises(SourceTooLarge, match=r"sources\.max_characters"):
            await reader.read(str(tmp_path / "a.pdf"))

    async def test_broken_pdfs_are_source_errors_and_silent(
        self, tmp_path: Path, reader: FilesystemReader, capfd: pytest.CaptureFixture[str]
    ) -> None:
        whole = make_pdf(tmp_path / "a.pdf", ["Some words on a page.", "More words."]).read_bytes()
        for cut in [*range(1, len(whole), max(1, len(whole) // 25)), len(whole) - 3]:
            for broken in (whole[:cut], whole[:cut] + b"\xff/<<" + whole[cut + 4 :], whole[cut:]):
                (tmp_path / "broken.pdf").write_bytes(broken)
                with contextlib.suppress(SourceError):
                    (await reader.read(str(tmp_path / "broken.pdf"))).text.encode()
        assert capfd.readouterr() == ("", "")

    async def test_what_only_has_the_name_of_a_pdf(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="damaged or no PDF"):
            await read(tmp_path / "a.pdf", "Just text.")


class TestFingerprints:
    async def test_a_file_whose_fingerprint_is_known_is_not_read_again(
        self, reader: FilesystemReader, tmp_path: Path
    ) -> None:
        document = await read(tmp_path / "a.md", "# Hello\n")
        known = {document.url: document.fingerprint}
        assert await reader.read(str(tmp_path / "a.md"), known) == Unchanged(url=reader.url(str(tmp_path / "a.md")))
        (tmp_path / "a.md").write_text("# Goodbye\n")
        assert whole(await reader.read(str(tmp_path / "a.md"), known)).text == "# Goodbye\n"

    async def test_the_same_bytes_in_another_format_have_another_fingerprint(self, tmp_path: Path) -> None:
        texts = [await read(tmp_path / name, "# Hello\n") for name in ("a.md", "a.txt", "b.md")]
        assert len({text.fingerprint for text in texts}) == 2

    async def test_what_is_unchanged_is_not_parsed(self, reader: FilesystemReader, tmp_path: Path) -> None:
        (tmp_path / "a.pdf").write_bytes(b"no PDF at all")
        url = reader.url(str(tmp_path / "a.pdf"))
        known = {url: fingerprint(b"no PDF at all", "application/pdf")}
        assert await reader.read(str(tmp_path / "a.pdf"), known) == Unchanged(url=url)


async def test_reading_leaves_the_event_loop_free(reader: FilesystemReader, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    real = places.open_file
    monkeypatch.setattr(places, "open_file", lambda *args: threads.append(threading.get_ident()) or real(*args))
    await reader.read(str(CORPUS / "electrification.md"))
    assert threads
    assert threading.get_ident() not in threads
