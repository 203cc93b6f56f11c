"""Read the files of one configuration, check each alone, and put them together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from ...findings.findings import Findings, Place
from ..keys.bots import BotSpec
from ..keys.files import FileSpec, PackSpec, PartSpec
from ..routes.lists import NamedList
from ..routes.packs import Pack
from ..routes.surroundings import Site
from ..values.coercion import Coercion
from ..values.validation import validated
from ..yaml.document import Document, Part, parse_document, parse_in_parts, read_document, read_text
from ..yaml.interpolation import Variables
from ..yaml.marks import Marks
from ..yaml.texts import Texts, digest
from .reuse import token_of

SpecT = TypeVar("SpecT", bound=BaseModel)

_STAND_INS: Mapping[str, BaseModel] = {
    "bots": BotSpec.model_construct(adapter=""),
    "packs": PackSpec.model_construct(routes=[]),
}
"""What stands for a bot or a pack while the top of its file is checked: they are checked one by one."""


@dataclass(frozen=True, slots=True)
class File(Generic[SpecT]):
    """Hold one file: what it says, where, and the variables that it was filled with.

    Of bots and packs its ``spec`` knows the names alone.
    """

    spec: SpecT
    document: Document
    variables: Variables
    packs: Mapping[str, Pack] = field(default_factory=dict)

    def site(self, *path: str | int) -> Site:
        """Return the site of something in it that is in no part."""
        return Site(self.document.marks, path, self.document.folder)

    def site_of(self, part: Part) -> Site:
        """Return the site of one of its parts."""
        return Site(part.marks, part.path, self.document.folder)


@dataclass(frozen=True, slots=True)
class Top:
    """Hold a file of an earlier load, which was fine, without what its parts say.

    It was made of a text with this digest, and of ``variables`` that had these values.
    """

    text: bytes
    variables: Mapping[str, str | None]
    file: File[FileSpec]


@dataclass
class FileReader:
    """Read files with the variables of an environment; collect the secrets that are used.

    Bots and packs are read one by one if ``in_parts``. ``known`` are the files of an earlier load, ``tops`` those of
    this one. In ``wrong_packs`` something is wrong by itself.
    """

    environment: Mapping[str, str]
    is_simulated: bool
    findings: Findings
    texts: Texts = field(default_factory=Texts)
    in_parts: bool = False
    known: Mapping[Path, Top] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)
    tops: dict[Path, Top] = field(default_factory=dict)
    wrong_packs: set[str] = field(default_factory=set)
    _values: dict[Path, Mapping[str, str]] = field(default_factory=dict)

    def read(self, path: Path, model: type[FileSpec]) -> File[FileSpec] | None:
        """Return the file at *path*, or None after reporting why nothing can be made of it."""
        missing = "`hookline new bot NAME` writes one; `hookline -c FILE` before a command names another"
        read = partial(self.texts.read, may_be_pipe=True)  # it was named on the command line
        text = read_text(path, str(path), self.findings, read, missing)
        if text is None:
            return None
        values, text_digest = self.values_for(path.parent), digest(text.encode())
        top = self.known.get(path)
        if (
            top is None
            or top.text != text_digest
            or any(values.get(name) != was for name, was in top.variables.items())
        ):
            return self._parsed(path, text, model, values)
        self.tops[path] = top
        self.findings.take(str(path), text)
        self.findings.filled.update({value: name for name, value in top.variables.items() if value is not None})
        variables = replace(self.variables(values), asked=dict(top.variables))
        return replace(top.file, document=top.file.document.filled(text), variables=variables)

    def _parsed(self, path: Path, text: str, model: type[FileSpec], values: Mapping[str, str]) -> File[FileSpec] | None:
        document = self._document(text, path)
        if document is None:
            return None
        variables = self.variables(values)
        data = {**document.data, **{name: _stand_ins(name, document.data[name]) for name in _sections(document)}}
        spec = self._checked(model, data, document.marks, variables, document.folder)
        if spec is None:
            return None
        file = File(spec, document, variables)
        file = replace(file, packs=dict(self._packs(file)))
        if document.blocks:
            outline = replace(file, document=document.outline(), variables=Variables({}))
            self.tops[path] = Top(digest(text.encode()), variables.asked, outline)
        return file

    def _document(self, text: str, path: Path) -> Document | None:
        parts = parse_in_parts(text, str(path), path.parent, self.findings) if self.in_parts else None
        return parts or parse_document(text, str(path), path.parent, self.findings)

    def read_shipped(self, path: Path, model: type[SpecT], name: str, pack: str) -> File[SpecT] | None:
        """Return a file with *pack* that a plugin ships, which findings call *name*."""
        with self._apart(pack) as reader:
            document = read_document(path, name, reader.findings, self.texts.read_live)
            if document is None:
                return None
            variables = self.variables(self.values_for(document.folder))
            spec = reader._checked(model, document.data, document.marks, variables, document.folder)
        return None if spec is None else File(spec, document, variables)

    @contextmanager
    def _apart(self, pack: str) -> Iterator[FileReader]:
        """Let what is wrong with *pack* be told apart, for the length of a ``with``, by the reader that it gives."""
        reader = replace(self, findings=self.findings.branch())
        try:
            yield reader
        finally:
            self.findings.join(reader.findings)
            if reader.findings.has_errors:
                self.wrong_packs.add(pack)

    def variables(self, values: Mapping[str, str]) -> Variables:
        """Return the variables for one thing: they know afterwards which it asked for."""
        return Variables(values, self.is_simulated, self.findings.filled)

    def coercion(self, marks: Marks, folder: Path, variables: Variables, findings: Findings) -> Coercion:
        """Return what turns data into what models ask for."""
        return Coercion(marks, folder, variables, findings, self.texts, self.secrets)

    def values_for(self, folder: Path) -> Mapping[str, str]:
        """Return the values that variables have in the files of *folder*."""
        if folder not in self._values:
            self._values[folder] = {**self._dotenv(folder / ".env"), **self.environment}
        return self._values[folder]

    def _checked(self, model: type[SpecT], data: Any, marks: Marks, variables: Variables, folder: Path) -> SpecT | None:
        data = self.coercion(marks, folder, variables, self.findings).coerce(model, data, ())
        return validated(model, data, marks, self.findings, what="the file")

    def _packs(self, file: File[FileSpec]) -> list[tuple[str, Pack]]:
        found = ((name, self._pack(name, file)) for name in file.spec.packs)
        return [(name, pack) for name, pack in found if pack is not None]

    def _pack(self, name: str, file: File[FileSpec]) -> Pack | None:
        part = file.document.take(("packs", name))
        variables = self.variables(file.variables.values)
        with self._apart(name) as reader:
            coercion = self.coercion(part.marks, file.document.folder, variables, reader.findings)
            data = coercion.coerce(PackSpec, part.data, part.path)
            spec = validated(PackSpec, data, part.marks, reader.findings, part.path)
            if isinstance(part.data, dict) and part.data.keys().isdisjoint({"routes", "flows"}):
                message = f"`routes` is missing in pack `{name}`"
                reader.findings.error(part.marks.key(part.path), message)
                spec = None
        file.variables.asked.update(variables.asked)
        if spec is None:
            return None
        token = token_of(file.document, part, variables)
        site = file.site_of(part)
        return Pack(name, spec.routes, site.below("routes"), intents=spec.intents, flows=spec.flows, token=token)

    def _dotenv(self, path: Path) -> dict[str, str]:
        try:
            text = self.texts.read_live(path).decode("utf-8-sig")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return {}
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
            self.findings.error(Place(str(path), 1, 1), f"can't read the file: {reason}")
            return {}
        from dotenv.parser import parse_stream  # lazy: most files have no `.env` beside them

        values: dict[str, str] = {}
        for binding in parse_stream(StringIO(text, newline=None)):
            if binding.error:
                message = "this line says no NAME=value, so it is left out"
                self.findings.warning(Place(str(path), binding.original.line, 1), message, "quotes must be closed")
            elif binding.key is not None:
                values[binding.key] = binding.value or ""
        return values


@dataclass
class Files:
    """Hold what several files say together. Unless ``is_whole`` a part of it couldn't be read."""

    paths: Sequence[Path]
    files: Sequence[File[FileSpec]]
    is_whole: bool
    bots: dict[str, File[FileSpec]] = field(default_factory=dict)
    packs: dict[str, Pack] = field(default_factory=dict)
    lists: dict[str, NamedList] = field(default_factory=dict)

    def saying(self, name: str) -> File[FileSpec]:
        """Return the first file that has *name* at its top, or else the first."""
        return next((file for file in self.files if name in file.spec.model_fields_set), self.files[0])

    @property
    def has_all_lists(self) -> bool:
        """Say whether all lists that are written can be used."""
        return self.is_whole and not any(file.site("lists").is_damaged for file in self.files)

    @property
    def broken_packs(self) -> frozenset[str]:
        """Return the names of the packs that are written, but can't be used."""
        written = [file.document.data.get("packs") for file in self.files]
        names = {name for packs in written if isinstance(packs, dict) for name in packs}
        return frozenset(names - self.packs.keys())


def read_files(
    paths: Sequence[Path], reader: FileReader, *, is_alone: bool, old: Collection[Path] = ()
) -> Files | None:
    """Return what the files at *paths* say together; None when nothing can be made of any.

    Those that are *old* say what they said earlier: where another file says it by now, they don't count.
    """
    model = FileSpec if is_alone else PartSpec
    read = [(path, reader.read(path, model)) for path in paths]
    files = [file for _, file in read if file is not None]
    if not files:
        return None
    is_whole = len(files) == len(read) and all(isinstance(file.document.data.get("packs", {}), dict) for file in files)
    merged = Files(paths, files, is_whole)
    behind = [file for path, file in read if file is not None and path in old]
    for file in [file for path, file in read if file is not None and path not in old]:
        _check_equal(merged, file, reader.findings)
        _merge(merged, file, reader.findings)
    for file in behind:
        _merge(merged, file, None)
    if not merged.bots and merged.is_whole and not any(file.site("bots").is_damaged for file in files):
        reader.findings.error(files[0].site().key(), "`bots` is missing in the files", "they need at least one bot")
    return merged


def _merge(merged: Files, file: File[FileSpec], findings: Findings | None) -> None:
    """Put what *file* holds into *merged*; report what another holds already, where there are *findings*."""
    for name in file.spec.bots:
        first = merged.bots[name].site("bots", name).key() if name in merged.bots else None
        if _is_first("bot", file.site("bots", name), first, findings):
            merged.bots[name] = file
    for name, pack in file.packs.items():
        first = merged.packs[name].site.marks.key(("packs", name)) if name in merged.packs else None
        if _is_first("pack", file.site("packs", name), first, findings):
            merged.packs[name] = pack
    for name, words in file.spec.lists.items():
        first = merged.lists[name].site.key() if name in merged.lists else None
        if _is_first("list", file.site("lists", name), first, findings):
            merged.lists[name] = NamedList(words, file.site("lists", name))


def _sections(document: Document) -> list[str]:
    return [name for name in _STAND_INS if isinstance(document.data.get(name), dict)]


def _stand_ins(section: str, entries: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _STAND_INS[section] if isinstance(data, dict) else data for name, data in entries.items()}


def _is_first(what: str, site: Site, first: Place | None, findings: Findings | None) -> bool:
    if first is not None and findings is not None:
        findings.error(site.key(), f"a second {what} `{site.path[-1]}`", f"the first is at {first}")
    return first is None


def _check_equal(files: Files, file: File[FileSpec], findings: Findings) -> None:
    """Report a key at the top that says something else than in an earlier file."""
    for name in sorted(file.spec.model_fields_set - {"bots", "packs", "lists", "allow_outside"}):
        first = files.saying(name)
        if getattr(first.spec, name) != getattr(file.spec, name):
            place = first.site(name).value()
            findings.error(
                file.site(name).value(), f"`{name}` differs from {place.file}:{place.line}", "make them equal"
            )
