"""Homes as earlier versions left them, kept as SQL: `python -m tests.support.old_homes HOME FOLDER` writes one down."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "fixtures" / "homes"
NAMES = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir())


def old_home(name: str, home: Path) -> Path:
    """Make the home that an earlier version left, and return it."""
    home.mkdir(mode=0o700)
    for script in sorted((FOLDER / name).glob("*.sql")):
        with closing(sqlite3.connect(home / f"{script.stem}.db")) as database:
            database.executescript(script.read_text(encoding="utf-8"))
    return home


def write_down(home: Path, folder: Path) -> None:
    """Write each database of a home that nobody uses as SQL, with the number of its schema."""
    folder.mkdir(parents=True)
    for file in sorted(home.glob("*.db")):
        with closing(sqlite3.connect(file)) as database:
            schema = database.execute("PRAGMA user_version").fetchone()[0]
            lines = [*database.iterdump(), f"PRAGMA user_version = {schema};", ""]
        (folder / f"{file.stem}.sql").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    write_down(*map(Path, sys.argv[1:]))
