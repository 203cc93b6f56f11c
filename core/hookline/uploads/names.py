"""Name files after what people sent, so that no name leads anywhere else or takes the place of another's file.

What comes from outside (names of files, of people, texts) ends up in these names.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from mimetypes import MimeTypes

MAX_NAME = 200
"""The bytes of a name with its extension, in UTF-8; file systems take 255."""

_MAX_TAG = 64
_SURE_TAG = 8
"""So many characters a tag needs at least to be known again within a name."""

_TAG = re.compile(rf"[A-Za-z0-9_-]{{1,{_MAX_TAG}}}\Z")
_EXTENSION = re.compile(r"[^.]\.([A-Za-z0-9]{1,10})\Z")
_UNSAFE = frozenset('/\\:*?"<>|\N{FULLWIDTH SOLIDUS}\N{DIVISION SLASH}\N{FRACTION SLASH}#%')
_JOINERS = frozenset("\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\.|\Z)", re.IGNORECASE)
_BY_TYPE = {
    "image/jpeg": ".jpg",
    "image/jpg": ".jpg",
    "image/png": ".png",
    "image/heic": ".heic",
    "image/webp": ".webp",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "audio/mp4": ".m4a",
    "audio/m4a": ".m4a",
    "audio/x-m4a": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/aac": ".aac",
    "audio/ogg": ".ogg",
    "text/plain": ".txt",
    "application/octet-stream": "",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
}
"""What Python's table doesn't have, or has in several ways."""

_TYPES = MimeTypes(filenames=())  # Python's own table: the same on every machine


def file_name(stem: str, tag: str, extension: str) -> str:
    """Return *stem* as the name of a file, with *extension* once, and with *tag* wherever that isn't in it already.

    *tag* is what no other file has, such as the id of a message: of two files whose names would be alike neither takes
    the other's place.
    """
    own = _tag(tag)
    cleaned = cleaned_name(stem)
    if extension and cleaned.lower().endswith(extension.lower()):
        cleaned = cleaned[: -len(extension)]
    room = MAX_NAME - len(extension)
    whole = _cut(cleaned, room)
    if own not in whole or len(own) < _SURE_TAG:
        whole = f"{_cut(cleaned, room - len(own) - 1)}-{own}".lstrip("-")
    return _unreserved(whole) + extension


def cleaned_name(text: str) -> str:
    """Return *text* without what a file's name can't have on some system, or what deceives who reads it.

    Separators become ``-``; control characters, those that turn the direction of text, and dots at the ends are left
    out.
    """
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode())
    kept = "".join("-" if sign in _UNSAFE else sign for sign in composed if _is_kept(sign))
    return re.sub(r"\s+", " ", kept).strip(" .-")


def extension_of(sent_name: str | None, content_type: str) -> str:
    """Return the extension for what was sent as *sent_name*, or as nothing but *content_type*; it may be empty."""
    found = _EXTENSION.search(sent_name) if sent_name else None
    if found:
        return f".{found[1].lower()}"
    if content_type in _BY_TYPE:
        return _BY_TYPE[content_type]
    return _TYPES.guess_extension(content_type) or ""


def stem_of(sent_name: str) -> str:
    """Return *sent_name* without its extension."""
    found = _EXTENSION.search(sent_name)
    return sent_name[: found.start(1) - 1] if found else sent_name


def type_of(sent_name: str) -> str | None:
    """Return the content type that the extension of *sent_name* stands for, or None."""
    extension = extension_of(sent_name, "")
    known = next((kind for kind, own in _BY_TYPE.items() if own and own == extension), None)
    return known or _TYPES.guess_type(f"x{extension}")[0]


def _is_kept(sign: str) -> bool:
    return unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Zl", "Zp") or sign in _JOINERS or sign in "\t\n\r"


def _tag(tag: str) -> str:
    """Return *tag* as names have it: itself, or its hash where it is long or has other characters."""
    return tag if _TAG.match(tag) else hashlib.sha256(tag.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _cut(text: str, size: int) -> str:
    """Return the beginning of *text* that fits into *size* bytes."""
    cut = text.encode()[:size].decode("utf-8", "ignore")
    return cut.rstrip(" .-\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}")


def _unreserved(name: str) -> str:
    return f"_{name}" if _RESERVED.match(name) else name
