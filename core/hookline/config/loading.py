"""Load bot.yaml: read → fill variables → check → load plugins → build routes, reporting every mistake at once."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from ..errors import ConfigError
from ..findings.findings import Findings, Place
from ..plugins.registry import PluginRegistry
from ..store.database.urls import cache_of, is_shared
from .bots.bots import BotBuilder
from .bots.files import FileReader, Files, Top, read_files
from .bots.reuse import Made
from .configuration import DEFAULT_RUNNING, BotConfiguration, Configuration, Stores
from .keys.open_keys import OPEN_KEYS
from .mending import Earlier, Mending, WrongFilesError
from .routes.lists import build_lists, check_lists
from .routes.packs import Packs, check_unused
from .routes.surroundings import Site
from .store_url import address_fault, holds_password, passwords_in
from .yaml.document import UncutError
from .yaml.named import base_of
from .yaml.texts import Texts

_STORE_HINT = "write sqlite:///FILE, as in sqlite:///hookline.db, or postgresql://USER@HOST/DATABASE"
_ADDRESS_HINT = "write postgresql://USER@HOST:PORT/DATABASE; in a password / is %2F, : is %3A, @ is %40 and % is %25"
MUCH = 100_000
"""So many objects take the garbage collector about 15 ms."""


class Loader:
    """Load the configuration that *paths* hold together, as often as they change; remember the last that was fine.

    Each of them may be a file, a folder of files, or a pattern.
    With *is_simulated* secrets and variables that aren't set get made-up values, and a secret may stand in the file
    itself. *environment* is that of the process by default, as it is at each load.

    ``made`` is what the last load made that was fine; the bots that are ``amiss`` are older than what its files say.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        registry: PluginRegistry,
        *,
        environment: Mapping[str, str] | None = None,
        is_simulated: bool = False,
    ) -> None:
        self._paths = paths
        self._registry = registry
        self._environment = environment
        self._is_simulated = is_simulated
        self.made: Mapping[str, Made] = {}
        self.amiss: frozenset[str] = frozenset()
        self._tops: Mapping[Path, Top] = {}

    def load(self, texts: Texts | None = None, *, is_thorough: bool = False) -> Configuration:
        """Return the configuration, or raise ConfigError with all that is wrong.

        A bot that is made of the same as in the last load that was fine (what is written of it, its variables and
        secrets, the packs, lists and files that it names, its plugins) is the very same object, whatever its comments
        and layout are now. Its routes keep the places that they had when it was made. One with warnings is made once
        more, only to tell them where they stand now: that takes milliseconds, of all bots that include a pack with a
        warning. With *is_thorough* what works, but hardly as meant, is looked for across all routes of a bot, too (see
        :mod:`.bots.across`), and nothing is taken over.
        *texts* reads the files, and knows afterwards which those were.
        """
        texts = texts or Texts()
        with _undisturbed():
            try:
                return self._loaded(texts, is_thorough=is_thorough, in_parts=True)
            except UncutError:
                return self._loaded(texts, is_thorough=is_thorough, in_parts=False)

    def load_what_is_right(self, earlier: Earlier, texts: Texts | None = None) -> Configuration:
        """Return the configuration of all that is right, or raise ConfigError when there is no bot to serve.

        A file that is wrong as a whole says what it said *earlier*, and a bot that is wrong is as it was in the last
        load that was fine, or *earlier*; what never was right is left out. What is wrong is among the ``problems``.
        """
        texts, mending = texts or Texts(), Mending(earlier)
        first: WrongFilesError | None = None
        with _undisturbed():
            while True:
                try:
                    return self._mended(texts, mending)
                except WrongFilesError as error:
                    first = first or error
                    mending.add(error.errors())
                    wrong = [path for path in error.paths if str(path) in error.files]
                    for path in wrong:
                        mending.replace(path, texts)
                    if not wrong or mending.out.issuperset(error.paths):
                        raise first from None

    def _mended(self, texts: Texts, mending: Mending) -> Configuration:
        try:
            return self._loaded(texts, is_thorough=False, in_parts=True, mending=mending)
        except UncutError:
            return self._loaded(texts, is_thorough=False, in_parts=False, mending=mending)

    def stores(self, texts: Texts | None = None) -> Stores:
        """Return what the files say of the store, whatever is wrong with their bots; raise ConfigError.

        No plugin is loaded for that.
        """
        reader, files = self._read(texts or Texts(), in_parts=False)
        url = files.saying("listen_url").spec.listen_url
        found = Stores(_store(files, reader, self._paths[0]), url, files.bots.keys(), _places(files))
        places = {file.site(name).value() for file in files.files for name in found.places}
        if wrong := reader.findings.errors_at(places):
            raise ConfigError(wrong)
        return found

    def _read(self, texts: Texts, *, in_parts: bool, mending: Mending | None = None) -> tuple[FileReader, Files]:
        findings = Findings(OPEN_KEYS)
        environment = dict(os.environ if self._environment is None else self._environment)
        reader = FileReader(environment, self._is_simulated, findings, texts, in_parts, self._tops if in_parts else {})
        old, out = (mending.old, mending.out) if mending else (set[Path](), set[Path]())
        named = self._named(texts, findings)
        paths = [path for path in named if path not in out]
        files = read_files(paths, reader, is_alone=len(named) == 1, old=old)
        if files is None:
            _raise(findings, paths, mending)
        return reader, files

    def _named(self, texts: Texts, findings: Findings) -> Sequence[Path]:
        """Return the files that are named, after reporting folders and patterns that name none."""
        try:
            found = texts.files(self._paths)
        except OSError as error:
            findings.error(Place(error.filename or str(self._paths[0]), 1, 1), f"can't be read: {error.strerror}")
            raise ConfigError(findings.all()) from error
        report = findings.warning if found else findings.error
        for path in (path for path, listed in texts.listings.items() if not listed):
            message = "there is no file" + (" in it that ends with .yaml or .yml" if path.is_dir() else " like this")
            report(Place(str(path), 1, 1), message, "`hookline -c FILE new bot NAME` writes one")
        if not found:
            raise ConfigError(findings.all())
        return found

    def _loaded(
        self, texts: Texts, *, is_thorough: bool, in_parts: bool, mending: Mending | None = None
    ) -> Configuration:
        reader, files = self._read(texts, in_parts=in_parts, mending=mending)
        findings = reader.findings
        store = _store(files, reader, self._paths[0])
        listen_url = _listen_url(files, store, findings)
        packs = Packs(files.packs, files.broken_packs, files.is_whole)
        lists = build_lists(files.lists, findings, is_whole=files.has_all_lists)
        builder = BotBuilder(self._registry, reader, packs, lists, {} if is_thorough else self.made)
        bots = {name: builder.bot(name, file) for name, file in files.bots.items()}
        _check_unused(files, builder, findings)
        if mending is not None:
            if findings.files_with_errors():
                _raise(findings, files.paths, mending)
            bots |= mending.stand_ins(builder, self.made, builder.wrong)
        right = builder.wrong.copy()
        bots = builder.with_pushes(bots)
        if mending is not None:
            bots |= mending.stand_ins(builder, self.made, builder.wrong - right)
        elif findings.has_errors:
            raise ConfigError(findings.all())
        whole = {name: bot for name, bot in bots.items() if bot is not None}
        if not whole:
            _raise(findings, files.paths, mending)
        check_lists(files.lists, {bot.adapter.ids for bot in whole.values()}, findings)
        if is_thorough:
            from .bots.across import check_bots  # lazy: only `check` asks
            from .bots.outside import check_outside

            check_bots(whole.values(), builder, findings)
            allowed = {file.document.file: file.spec.allow_outside for file in files.files}
            check_outside(allowed, builder.json_files, findings)
            if not self._is_simulated:
                _check_shared_secrets(whole.values(), files, findings)
        self.made, self._tops = builder.made, reader.tops
        self.amiss = amiss = frozenset[str]()
        if mending is not None:
            mending.add(findings.errors())
            self._tops = {path: top for path, top in reader.tops.items() if not _is_any_wrong(path, files, mending)}
            self.amiss = frozenset(mending.amiss)
            old = {str(path) for path in mending.old}
            amiss = self.amiss | {name for name, file in files.bots.items() if file.document.file in old}
        retention = files.saying("retention").spec.retention
        return Configuration(
            store=store,
            bots=whole,
            listen_url=listen_url,
            running=files.saying("limits").spec.limits.running or DEFAULT_RUNNING,
            ids_days=retention.ids_days,
            bodies_days=min(retention.bodies_days, retention.ids_days),
            warnings=findings.warnings(),
            secrets=frozenset(reader.secrets),
            cache=cache_of(store),
            files=[str(path) for path in files.paths],
            places=_places(files),
            problems=mending.problems if mending else (),
            amiss=amiss,
        )


def _raise(findings: Findings, paths: Sequence[Path], mending: Mending | None) -> NoReturn:
    if mending is None:
        raise ConfigError(findings.all())
    raise WrongFilesError(findings.all(), paths, findings.files_with_errors())


def _is_any_wrong(path: Path, files: Files, mending: Mending) -> bool:
    """Say whether anything of the file *path* is wrong, so that it is to be looked at as a whole again."""
    named = {problem.place.file for problem in mending.problems}
    named |= {files.bots[name].document.file for name in mending.amiss if name in files.bots}
    return str(path) in named


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep the garbage collector away for the length of a ``with``: nearly all that a load makes stays.

    It would look through it again and again, a tenth of the time. What many bots were made of it never looks at, since
    that stops everything for hundreds of milliseconds; they are in no cycle, and go when nobody uses them any more.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] > MUCH:
            gc.freeze()
        if was_enabled:
            gc.enable()


def load(
    paths: Sequence[Path],
    registry: PluginRegistry,
    *,
    environment: Mapping[str, str] | None = None,
    is_simulated: bool = False,
    is_thorough: bool = False,
    texts: Texts | None = None,
) -> Configuration:
    """Load once, as :class:`Loader` does."""
    return Loader(paths, registry, environment=environment, is_simulated=is_simulated).load(
        texts, is_thorough=is_thorough
    )


def _places(files: Files) -> Mapping[str, Place]:
    return {name: files.saying(name).site(name).value() for name in ("store", "listen_url")}


def _check_shared_secrets(bots: Iterable[BotConfiguration], files: Files, findings: Findings) -> None:
    """Warn of bots that would take one another's webhooks, since the same secret signs them."""
    owners: dict[str, list[str]] = {}
    for bot in bots:
        for secret in bot.adapter.signs(bot.adapter_settings):
            owners.setdefault(secret, []).append(bot.name)
    for names in owners.values():
        if len(set(names)) > 1:
            first, second, *others = dict.fromkeys(names)
            more = f", as have {len(others)} more" if others else ""
            message = f"bot `{second}` has a secret of bot `{first}`{more}: each takes what is signed for the other"
            hint = "every channel has a secret of its own: is one copied?"
            findings.warning(files.bots[second].site("bots", second).key(), message, hint)


def _store(files: Files, reader: FileReader, first: Path) -> str:
    """Return the store's URL, a file's with an absolute path, after reporting what is wrong with it.

    Where none is written it is beside the *first* of what was named, in it if that is a folder.
    """
    findings = reader.findings
    _check_passwords(files, reader)
    file = files.saying("store")
    url, place = file.spec.store, file.site("store").value()
    if is_shared(url):
        _check_address("store", url, file.site("store"), findings)
        return url
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite":
        name = url.partition(":")[0] if url.partition(":")[0].isalnum() else "this"
        findings.error(place, f"`store`: {name} is not a store of this version", _STORE_HINT)
    elif not path or path.startswith(":"):
        findings.error(place, "`store`: a store must be a file, since it outlives the process", _STORE_HINT)
    folder = file.document.folder if "store" in file.spec.model_fields_set else base_of(first)
    return f"sqlite:///{folder.absolute() / path}"


def _listen_url(files: Files, store: str, findings: Findings) -> str | None:
    file = files.saying("listen_url")
    url = file.spec.listen_url
    if url is not None and not (is_shared(url) and is_shared(store)):
        message = "`listen_url` is for a `store:` on PostgreSQL, and leads to the same database"
        findings.error(file.site("listen_url").value(), message, "write postgresql://USER@HOST/DATABASE")
    elif url is not None:
        _check_address("listen_url", url, file.site("listen_url"), findings)
    return url


def _check_address(name: str, url: str, site: Site, findings: Findings) -> None:
    place = site.value()
    if place in site.marks.made_up or findings.errors_at([place]):
        return
    if fault := address_fault(url):
        findings.error(place, f"`{name}`: {fault}", _ADDRESS_HINT)


def _check_passwords(files: Files, reader: FileReader) -> None:
    """Report passwords that are written out, and hide those that aren't."""
    for file in files.files:
        for name in ("store", "listen_url"):
            written = file.document.data.get(name)
            if isinstance(written, str) and holds_password(written):
                reader.findings.error(
                    file.site(name).value(),
                    f"`{name}` holds a password in plain text",
                    "write it as ${VAR}: postgresql://user:${PASSWORD}@host/name",
                )
            url = getattr(file.spec, name)
            if url is not None and is_shared(url):
                passwords = passwords_in(url)
                reader.secrets.update(passwords)
                reader.findings.hide(passwords)


def _check_unused(files: Files, builder: BotBuilder, findings: Findings) -> None:
    for pack in files.packs.values():
        if pack.name not in builder.included:
            check_unused(pack, findings)
