"""Read the files of one configuration, check each alone, and put them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import BaseModel

from .coercion import Coercion
from .diagnostics import Place, Problems
from .document import Document, read_document
from .interpolation import Variables
from .packs import Pack
from .spec import BotSpec, FileSpec, PartSpec
from .surroundings import Source
from .texts import Texts
from .validation import validated

SpecT = TypeVar("SpecT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class File(Generic[SpecT]):
    """Hold one file: what it says, where, and how its values are filled."""

    spec: SpecT
    document: Document
    coercion: Coercion

    def source(self, *path: str | int) -> Source:
        """Return the source of something in it."""
        return Source(self.document.marks, path, self.document.folder)


@dataclass
class FileReader:
    """Read files with the variables of an environment; collect the secrets that are used."""

    environment: Mapping[str, str]
    is_simulated: bool
    problems: Problems
    texts: Texts = field(default_factory=Texts)
    secrets: set[str] = field(default_factory=set)

    def read(self, path: Path, model: type[SpecT]) -> File[SpecT] | None:
        """Return the file at *path*, or None after reporting why nothing can be made of it."""
        return self._checked(read_document(path, self.problems, read=self.texts.read), model)

    def read_shipped(self, path: Path, model: type[SpecT], name: str) -> File[SpecT] | None:
        """Return a file that a plugin ships, which findings call *name*."""
        return self._checked(read_document(path, self.problems, name, self.texts.read_live), model)

    def _checked(self, document: Document | None, model: type[SpecT]) -> File[SpecT] | None:
        if document is None:
            return None
        coercion = self._coercion(document)
        data = coercion.coerce(model, document.data, ())
        spec = validated(model, data, document.marks, self.problems, what="the file")
        return None if spec is None else File(spec, document, coercion)

    def _coercion(self, document: Document) -> Coercion:
        values = {**self._dotenv(document.folder / ".env"), **self.environment}
        variables = Variables(values, self.is_simulated, self.problems.filled)
        return Coercion(document.marks, document.folder, variables, self.problems, self.texts, self.secrets)

    def _dotenv(self, path: Path) -> dict[str, str]:
        try:
            text = self.texts.read_live(path).decode()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return {}
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self.problems.error(Place(str(path), 1, 1), f"can't read the file: {reason}")
            return {}
        from dotenv import dotenv_values  # lazy: most files have no `.env` beside them

        values = dotenv_values(stream=StringIO(text, newline=None), interpolate=False)
        return {name: value or "" for name, value in values.items()}


@dataclass
class Files:
    """Hold what several files say together. Unless ``is_whole`` a part of it couldn't be read."""

    files: Sequence[File[FileSpec]]
    is_whole: bool
    bots: dict[str, tuple[BotSpec, File[FileSpec]]] = field(default_factory=dict)
    packs: dict[str, Pack] = field(default_factory=dict)

    def saying(self, name: str) -> File[FileSpec]:
        """Return the first file that has *name* at its top, or else the first."""
        return next((file for file in self.files if name in file.spec.model_fields_set), self.files[0])

    @property
    def broken_packs(self) -> frozenset[str]:
        """Return the names of the packs that are written, but can't be used."""
        written = [file.document.data.get("packs") for file in self.files]
        names = {name for packs in written if isinstance(packs, dict) for name in packs}
        return frozenset(names - self.packs.keys())


def read_files(paths: Sequence[Path], reader: FileReader) -> Files | None:
    """Return what the files at *paths* say together; None when nothing can be made of any."""
    model = FileSpec if len(paths) == 1 else PartSpec
    read = [reader.read(path, model) for path in paths]
    files = [file for file in read if file is not None]
    if not files:
        return None
    is_whole = len(files) == len(read) and all(isinstance(file.document.data.get("packs", {}), dict) for file in files)
    merged = Files(files, is_whole)
    for file in files:
        _check_equal(merged, file, reader.problems)
        for name, bot in file.spec.bots.items():
            if _is_first("bot", file.source("bots", name), _place_of_bot(merged, name), reader.problems):
                merged.bots[name] = bot, file
        for name, pack in file.spec.packs.items():
            first = merged.packs[name].source.marks.key(("packs", name)) if name in merged.packs else None
            if _is_first("pack", file.source("packs", name), first, reader.problems):
                merged.packs[name] = Pack(name, pack.routes, file.source("packs", name, "routes"), intents=pack.intents)
    if not merged.bots and merged.is_whole and not any(file.source("bots").is_damaged for file in files):
        reader.problems.error(files[0].source().key(), "`bots` is missing in the files", "they need at least one bot")
    return merged


def _place_of_bot(files: Files, name: str) -> Place | None:
    return files.bots[name][1].source("bots", name).key() if name in files.bots else None


def _is_first(what: str, source: Source, first: Place | None, problems: Problems) -> bool:
    if first is not None:
        problems.error(source.key(), f"a second {what} `{source.path[-1]}`", f"the first is at {first}")
    return first is None


def _check_equal(files: Files, file: File[FileSpec], problems: Problems) -> None:
    """Report a key at the top that says something else than in an earlier file."""
    for name in sorted(file.spec.model_fields_set - {"bots", "packs"}):
        first = files.saying(name)
        if getattr(first.spec, name) != getattr(file.spec, name):
            place = first.source(name).value()
            problems.error(
                file.source(name).value(), f"`{name}` differs from {place.file}:{place.line}", "make them equal"
            )
