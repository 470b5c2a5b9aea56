"""`rookery backup` and `rookery restore`."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from rookery.entrypoints.cli.output import Json, complain, err, out, print_json, size

if TYPE_CHECKING:
    from rookery.adapters.homes.backup import Made, Progress
    from rookery.domain.backups import Manifest
    from rookery.entrypoints.settings import Settings


def backup(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file; - is stdout; default: rookery-DATE.zip here.")
    ] = None,
    models: Annotated[bool, typer.Option("--models", help="Put downloaded models into it, too.")] = False,
    json_: Json = False,
) -> None:
    """Copy all that Rookery keeps into one file, also while runs, syncs and a server are at work."""
    from rookery import __version__
    from rookery.adapters.clocks.system import SystemClock
    from rookery.adapters.homes.backup import make_backup
    from rookery.domain.errors import InvalidRequest
    from rookery.entrypoints import homes
    from rookery.entrypoints.settings import load_settings

    if _is_stream(output) and json_:
        raise InvalidRequest("standard output takes the backup or the JSON; name a file with -o")
    settings, now = load_settings(), SystemClock().now()
    home = homes.open_home(settings)
    with _file_to_write(output, f"rookery-{now:%Y%m%d-%H%M%S}.zip") as file, _progress("Copying") as tell:
        made = make_backup(
            home, file, homes.layout(settings), version=__version__, made_at=now, models=models, tell=tell
        )
        size = file.stat().st_size
    if json_:
        print_json({"file": str(file), "size": size, "odd": made.odd, **_about(made.manifest)})
        return
    (err() if _is_stream(output) else out()).print(
        f"wrote {output or file}: {_what(made.manifest)}", markup=False, soft_wrap=True
    )
    _tell_what_to_know(made, settings)


def restore(
    file: Annotated[Path, typer.Argument(help="What `rookery backup` has written; - is stdin.")],
    *,
    home: Annotated[Path | None, typer.Option(help="The folder to restore to; default: ROOKERY_HOME.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Put aside what is in that folder.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Say what is in the file, and restore nothing.")] = False,
    json_: Json = False,
) -> None:
    """Make a home of a backup, whole or not at all, and the indexes that are not in it."""
    from rookery.adapters.clocks.system import SystemClock
    from rookery.adapters.homes.archive import opened
    from rookery.adapters.homes.restore import put_in_place
    from rookery.entrypoints import homes
    from rookery.entrypoints.settings import load_settings

    settings = load_settings(**({} if home is None else {"home": home}))
    with _file_to_read(file) as readable, opened(readable) as kept:
        if check:
            kept.refuse_newer(homes.KEPT)
            _tell_checked(file, kept.manifest, json_=json_)
            return
        with _progress("Restoring") as tell:
            aside = put_in_place(kept, settings.home, homes.KEPT, now=SystemClock().now(), replace=replace, tell=tell)
    degraded = _make_indexes(settings)
    for trouble in degraded:
        complain(f"{trouble}; `rookery doctor --fix` tries again")
    if json_:
        told = {"home": str(settings.home), "aside": aside and str(aside), "degraded": degraded}
        print_json({**told, **_about(kept.manifest)})
    else:
        _tell_restored(settings.home, kept.manifest, aside)


def _is_stream(file: Path | None) -> bool:
    return file is not None and str(file) == "-"


@contextmanager
def _file_to_write(output: Path | None, name: str) -> Iterator[Path]:
    """Give the file to write; for standard output one that is copied there when it is whole."""
    if not _is_stream(output):
        yield output or Path.cwd() / name
        return
    with TemporaryDirectory(prefix="rookery-") as folder:
        yield Path(folder) / name
        with (Path(folder) / name).open("rb") as whole:
            shutil.copyfileobj(whole, sys.stdout.buffer)
        sys.stdout.buffer.flush()


@contextmanager
def _file_to_read(file: Path) -> Iterator[Path]:
    """Give the file to read; of standard input a copy, as a ZIP file is read from its end."""
    if not _is_stream(file):
        yield file
        return
    with TemporaryDirectory(prefix="rookery-") as folder:
        copy = Path(folder) / "standard input"
        with copy.open("wb") as whole:
            shutil.copyfileobj(sys.stdin.buffer, whole)
        yield copy


def _make_indexes(settings: "Settings") -> list[str]:
    """Make what a backup leaves out, and return in words what could not be made."""
    from rookery.entrypoints.cli.output import Downloads
    from rookery.entrypoints.container import Container, close, prepare, show_downloads
    from rookery.entrypoints.upkeep import make_indexes

    async def main() -> list[str]:
        container = Container(settings=settings)
        show_downloads(container, Downloads())
        try:
            await prepare(container)
            return await make_indexes(container)
        finally:
            await close(container)

    return asyncio.run(main())


def _about(manifest: "Manifest") -> dict[str, object]:
    return {
        "rookery": manifest.rookery,
        "made_at": manifest.made_at.isoformat(),
        "models": manifest.models,
        "files": [kept.model_dump(mode="json") for kept in manifest.files],
    }


def _tell_what_to_know(made: "Made", settings: "Settings") -> None:
    from rookery.entrypoints.settings import settings_file

    err().print(
        "Keep it as safe as the home: your documents, memories and answers are in it, and the digests of access "
        "tokens. Passwords and tokens of services are not: they are in your settings and your environment.",
        soft_wrap=True,
    )
    if (toml := settings_file(Path.cwd())) is not None and not toml.resolve().is_relative_to(settings.home.resolve()):
        err().print(f"Your settings are not in it: {toml}", markup=False, soft_wrap=True)
    for path in made.odd:
        complain(f"{path} is a link, or no file, and is not in the backup")


def _tell_checked(file: Path, manifest: "Manifest", *, json_: bool) -> None:
    if json_:
        print_json({"file": str(file), **_about(manifest)})
        return
    about = f"of Rookery {manifest.rookery}, made {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    out().print(f"{file}: {about}: {_what(manifest)}; this version can restore it", markup=False, soft_wrap=True)


def _tell_restored(home: Path, manifest: "Manifest", aside: Path | None) -> None:
    told = f"restored {home}: {_what(manifest)}, as of {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    out().print(told, markup=False, soft_wrap=True)
    if aside is not None:
        err().print(f"What was there before is in {aside}; remove it when you miss nothing.", soft_wrap=True)
    err().print("What was at work goes on by `rookery runs resume`; `rookery doctor` says what is here.")


def _what(manifest: "Manifest") -> str:
    models = "" if manifest.models else ", no models"
    files = "1 file" if len(manifest.files) == 1 else f"{len(manifest.files)} files"
    return f"{files}, {size(manifest.bytes)}{models}"


@contextmanager
def _progress(what: str) -> "Iterator[Callable[[Progress], None]]":
    """Give a function that shows how far it is: as a bar in a terminal, else not at all."""
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    if not err().is_terminal:
        yield lambda _: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bars(*columns, console=err(), transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda at: bars.update(task, description=f"{what} {at.file}", completed=at.done, total=at.total)
