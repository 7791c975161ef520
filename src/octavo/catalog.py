"""The catalogue: which formatters and codecs there are, by id, and what a codec YAML says.

Content is found by path: ``formatters/<vendor>/<name>.yaml`` and ``codecs/<vendor>/<name>.py``, in the
workspace (the nearest folder upwards that holds one of the two) before what is shipped. Nothing here
runs a script or imports a declaration.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo import _shipped
from octavo.errors import ContentError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from octavo._yaml import Document, Place

MEMBERS = {
    "uplinkDecoder": "decode_uplink",
    "downlinkEncoder": "encode_downlink",
    "downlinkDecoder": "decode_downlink",
}
"""Members of a codec YAML, and octavo's name of the operation. Source: lorawan-devices, schema.json."""

PART_MEMBERS = ("fileName", "examples")
"""What each of `MEMBERS` holds. Source: lorawan-devices, schema.json."""

FUNCTIONS = {
    "decoder": "decode_uplink",
    "converter": "decode_uplink",
    "validator": "decode_uplink",
    "encoder": "encode_downlink",
}
"""Members of ``functions``: the four texts of The Things Network v2, and the operation each belongs to."""

IN_REPOSITORY = {
    "adeunis/ftd-network-tester": "adeunis/ftd",
    "browan/objectlocator": "browan/tbol100",
    "emu/emu-prof-ii": "emu/professional-ii",
    "laird/rs1xx-temp-rh-sensor": "laird/rs1xx",
    "mcci/catena4430": "mcci/catena-4430",
    "milesight-iot/em300-th": "milesight/em300-th",
    "milesight-iot/uc100": "milesight/uc100",
    "milesight-iot/uc300": "milesight/uc300",
    "milesight-iot/vs350": "milesight/vs350",
    "sensecap/sensecapt1000-tracker-ab": "sensecap/t1000",
}
"""What The Things Stack calls some of what is shipped, in ``version_ids``: ``brand_id/model_id``, and octavo's id.

Source: TheThingsNetwork/lorawan-devices, the folders and device files under vendor/ (`<brand_id>/<model_id>.yaml`).
"""

FOLDERS = {"codecs": "codec", "formatters": "formatter"}
"""The folders of content, the one whose id comes first on top."""

SUFFIXES = {"codec": (".py",), "formatter": (".yaml", ".yml")}

TOP_MEMBERS = (*MEMBERS, "functions", "dialect")
"""What may stand at the top; the last is octavo's own."""

SIGNATURES = {
    "": "ts013",
    "lora-alliance": "ts013",
    "actility": "actility",
    "ttn": "ttn2",
    "chirpstack": "chirpstack3",
}
"""``signature`` of a driver.yaml, as a dialect. Source: actility/device-catalog, driver-examples.spec.js"""

DRIVER_FILE = "driver.yaml"
"""Says what a driver is. Source: actility/device-catalog, template/"""

MAX_FILE_BYTES = 4 * 1024 * 1024
"""A larger YAML file is no codec YAML: it is passed over in a folder, and refused where it is named."""

NEARLY = 0.8
"""How alike (``difflib`` ratio) a member has to be to one that is known, to be a misspelling of it."""

_MEMBER_LINE = re.compile(rb"^(?:\xef\xbb\xbf)?(?:uplinkDecoder|downlinkEncoder|downlinkDecoder)[ \t]*:", re.MULTILINE)
_ID = re.compile(
    r"(?:(?P<folder>codecs|formatters):)?(?P<vendor>[A-Za-z0-9][\w.-]*)/(?P<name>[A-Za-z0-9][\w.-]*)",
    re.ASCII,
)
_SAFE_FILE = re.compile(r"(?:[\w-][\w.-]*/)*[\w-][\w.-]*\.js", re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One formatter or declared codec of the catalogue.

    Attributes:
        id: ``vendor/name``.
        kind: ``formatter`` or ``codec``.
        file: its codec YAML or its declaration.
    """

    id: str
    kind: str
    file: Path


@dataclass(frozen=True, slots=True)
class Definition:
    """What a codec YAML says.

    Attributes:
        path: the YAML file.
        dialect: its ``dialect:`` (octavo's own member), or None.
        scripts: the script of each operation, or of each v2 function where ``functions:`` names them.
        declaration: the ``.py`` of a declared codec whose examples these are, or None.
        document: the whole file, for its examples.
    """

    path: Path
    dialect: str | None
    scripts: Mapping[str, Path]
    declaration: Path | None
    document: Document

    @property
    def operations(self) -> frozenset[str]:
        """The operations the file speaks of."""
        named = {operation for member, operation in MEMBERS.items() if member in self.document.value}
        return frozenset(named | {FUNCTIONS[name] for name in self.scripts if name in FUNCTIONS})


@dataclass(frozen=True, slots=True)
class Driver:
    """What a ``driver.yaml`` says.

    Attributes:
        dialect: whose rules the driver's script follows.
        uses_context: whether its script keeps values from message to message in a global ``context``.
    """

    dialect: str
    uses_context: bool = False


def workspace(start: Path | None = None) -> Path | None:
    """The nearest folder upwards that holds ``formatters/`` or ``codecs/``, or None."""
    try:
        here = (start or Path.cwd()).resolve()
    except FileNotFoundError:  # somebody removed the current folder
        return None
    return next((folder for folder in (here, *here.parents) if _holds_content(folder)), None)


def roots(start: Path | None = None) -> list[Path]:
    """The folders content is looked for in: the workspace, then what is shipped."""
    own, shipped = workspace(start), _shipped.root()
    return [shipped] if own is None or own == shipped.resolve() else [own, shipped]


def entries(start: Path | None = None) -> list[Entry]:
    """Everything in the catalogue, sorted; the workspace hides what is shipped under the same id and kind."""
    found: dict[tuple[str, str], Entry] = {}
    for root in roots(start):
        for entry in _content(root):
            found.setdefault((entry.id, entry.kind), entry)
    return [found[key] for key in sorted(found)]


def find(what: str, start: Path | None = None) -> Entry:
    """The entry of an id: ``vendor/name``, ``codecs:vendor/name`` or ``formatters:vendor/name``.

    A bare id is the declared codec if there is one, else the formatter, in the workspace first.

    Raises:
        NotFoundError: no such id; the sentence names close ones.
    """
    match = _ID.fullmatch(what)
    if match is None:
        raise _unknown(what, start)
    folders = [match["folder"]] if match["folder"] else list(FOLDERS)
    for root in roots(start):
        for folder in folders:
            if file := _file_of(root / folder / match["vendor"], match["name"], FOLDERS[folder]):
                return Entry(f"{match['vendor']}/{match['name']}", FOLDERS[folder], file)
    raise _unknown(what, start)


def is_id(what: str) -> bool:
    """Whether a text is written as an id is; whether it is one, `find` knows."""
    return _ID.fullmatch(what) is not None


def is_codec_file(path: Path) -> bool:
    """Whether a YAML file has a member of a codec YAML at its top.

    What cannot be read, is huge, or is no file but a folder or a pipe, has not.
    """
    try:
        is_small = path.is_file() and path.stat().st_size <= MAX_FILE_BYTES
        return is_small and bool(_MEMBER_LINE.search(path.read_bytes()))
    except OSError:
        return False


def is_content_file(path: Path) -> bool:
    """Whether a YAML file is a codec YAML, or has to say why it is none.

    That has one which stands beside a script under ``formatters/`` or beside its declaration under ``codecs/``,
    and is empty, broken, no mapping, or has a misspelt member. A mapping of something else has not.
    """
    return is_codec_file(path) or (_stands_for_one(path) and _is_spoilt(path))


def check_members(document: Document, place: Place, members: Mapping[str, Any], known: Iterable[str]) -> None:
    """Refuse a member that is nearly one that is known; anything else is somebody's own and let be.

    Raises:
        ContentError: with the known member, and line and column.
    """
    for name, meant in _misspelt(members, known):
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in (*place, name))
        message = f"{where.removeprefix('.')}: no such member; did you mean {meant}?"
        raise document.key_error((*place, name), message)


def read_definition(path: Path) -> Definition:
    """Read a codec YAML.

    Raises:
        NotFoundError: it, or a script it names, does not exist.
        ContentError: it is not a codec YAML, with line and column.
    """
    document = _read_yaml(path)
    _check_top(document)
    if not isinstance(document.value, dict) or not {*MEMBERS, "functions"} & document.value.keys():
        raise document.error((), f"not a codec YAML: one of {', '.join(MEMBERS)} was expected at the top")
    declaration = path.with_suffix(".py")
    beside = declaration if declaration.is_file() else None
    scripts = {} if beside else dict(_scripts(document, path.parent))
    return Definition(path, _dialect(document), scripts, beside, document)


def origin_dialect(script: Path) -> str | None:
    """The dialect that the place of a script tells, or None.

    That is a ChirpStack device profile (``vendors/<v>/codecs/x.js``), or a ``driver.yaml`` beside the script.
    """
    script = script.resolve()
    driver = script.parent / DRIVER_FILE
    if driver.is_file():
        return read_driver(driver).dialect
    return "chirpstack4" if is_profile_folder(script.parent) else None


def is_profile_folder(folder: Path) -> bool:
    """Whether a folder is the ``codecs`` of a vendor in ChirpStack's device profiles.

    Source: chirpstack-device-profiles, README.md (``vendors/<vendor>/vendor.toml``, ``devices/``, ``codecs/``).
    """
    folder = folder.resolve()
    vendor = folder.parent
    is_profile = vendor.parent.name == "vendors" or (vendor / "vendor.toml").is_file() or (vendor / "devices").is_dir()
    return folder.name == "codecs" and is_profile


def read_driver(path: Path, unsigned: str = SIGNATURES[""]) -> Driver:
    """Read the ``driver.yaml`` of a driver in the layout of Actility's device catalogue.

    Args:
        path: the file.
        unsigned: the dialect where it names no signature.

    Raises:
        ContentError: it cannot be read, or its signature is unknown.
    """
    document = _read_yaml(path)
    members = document.value if isinstance(document.value, dict) else {}
    signature = members.get("signature") or ""
    if signature not in SIGNATURES:
        known = ", ".join(name for name in SIGNATURES if name)
        raise document.error(("signature",), f"signature {signature!r} is unknown: {known} or nothing was expected")
    return Driver(SIGNATURES[signature] if signature else unsigned, uses_context=members.get("useContext") is True)


def _misspelt(members: Iterable[str], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each member that is nearly one that is known, with that one."""
    spellings = {name.casefold(): name for name in known}
    for name in members:
        close = difflib.get_close_matches(name.casefold(), spellings, n=1, cutoff=NEARLY)
        if close and name not in spellings.values():
            yield name, spellings[close[0]]


def _is_spoilt(path: Path) -> bool:
    try:
        members = _read_yaml(path).value
    except ContentError:
        return True
    return not isinstance(members, dict) or any(_misspelt(members, TOP_MEMBERS))


def _check_top(document: Document) -> None:
    """Refuse misspelt members at the top and in the parts under it."""
    if not isinstance(document.value, dict):
        return
    check_members(document, (), document.value, TOP_MEMBERS)
    for member in MEMBERS.keys() & document.value.keys():
        part = document.value[member]
        check_members(document, (member,), part if isinstance(part, dict) else {}, PART_MEMBERS)


def _stands_for_one(path: Path) -> bool:
    folders = {path.parent.name, path.parent.parent.name}
    if path.suffix not in SUFFIXES["formatter"] or path.name.startswith((".", "driver.")) or not path.is_file():
        return False
    if "formatters" in folders:
        return any(path.parent.glob("*.js"))
    is_package = (path.parent / "__init__.py").exists()
    return "codecs" in folders and not is_package and path.with_suffix(".py").is_file()


def _holds_content(folder: Path) -> bool:
    return any((folder / name).is_dir() for name in FOLDERS)


def _content(root: Path) -> Iterator[Entry]:
    for folder, kind in FOLDERS.items():
        for file in sorted((root / folder).glob("*/*")):
            if _is_content(file, kind) and _ID.fullmatch(f"{file.parent.name}/{file.stem}"):
                yield Entry(f"{file.parent.name}/{file.stem}", kind, file)


def _is_content(file: Path, kind: str) -> bool:
    if file.suffix not in SUFFIXES[kind]:
        return False
    return file.is_file() if kind == "codec" else is_content_file(file)


def _file_of(folder: Path, name: str, kind: str) -> Path | None:
    candidates = (folder / f"{name}{suffix}" for suffix in SUFFIXES[kind])
    return next((file for file in candidates if file.is_file()), None)


def _unknown(what: str, start: Path | None) -> NotFoundError:
    known = {entry.id for entry in entries(start)} | {"cayennelpp"}
    wanted = what.rpartition(":")[2]
    if _ID.fullmatch(what) and (script := _lone_script(wanted, start)):
        return NotFoundError(
            f"there is no device {what!r}: {script} has no codec YAML beside it; name the script itself"
        )
    close = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    close = close or sorted(name for name in known if wanted and wanted.lower() in name)[:3]
    hint = f"did you mean {' or '.join(close)}?" if close else "`octavo list` names what there is"
    return NotFoundError(f"there is no device {what!r}: {hint}")


def _lone_script(name: str, start: Path | None) -> Path | None:
    """The script that would be a formatter of that name, if a codec YAML stood beside it."""
    return next((file for root in roots(start) if (file := root / "formatters" / f"{name}.js").is_file()), None)


def _scripts(document: Document, folder: Path) -> Iterator[tuple[str, Path]]:
    """Each operation, or each v2 function, with the script that has it."""
    if "functions" in document.value:
        yield from _function_scripts(document, folder)
        return
    for member in MEMBERS.keys() & document.value.keys():
        file = _mapping(document, (member,)).get("fileName")
        yield MEMBERS[member], _script(document, (member, "fileName"), file, folder)


def _function_scripts(document: Document, folder: Path) -> Iterator[tuple[str, Path]]:
    for name, file in _mapping(document, ("functions",)).items():
        if name not in FUNCTIONS:
            raise document.key_error(
                ("functions", name), f"no such function {name!r}: {', '.join(FUNCTIONS)} were expected"
            )
        yield name, _script(document, ("functions", name), file, folder)


def _mapping(document: Document, place: tuple[str, ...]) -> dict[str, Any]:
    value = document.value[place[0]]
    if not isinstance(value, dict):
        raise document.error(place, f"{place[0]}: a mapping was expected")
    return value


def _script(document: Document, place: tuple[str, ...], name: Any, folder: Path) -> Path:
    label = ".".join(place)
    if not isinstance(name, str):
        raise document.error(place, f"{label}: the name of a .js file was expected")
    if not _SAFE_FILE.fullmatch(name) or not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise document.error(place, f"{label}: {name!r} is not the name of a .js file inside the vendor's folder")
    if not (folder / name).is_file():
        error = document.error(place, f"{label}: there is no file {name!r} beside it")
        raise NotFoundError(error.message, file=error.file, line=error.line, column=error.column, path=error.path)
    return folder / name


def _dialect(document: Document) -> str | None:
    name = document.value.get("dialect")
    if name is None:
        return None
    from octavo.formatters import DIALECTS  # noqa: PLC0415 - loaded where a file names a dialect

    if not isinstance(name, str) or name not in DIALECTS:
        raise document.error(("dialect",), f"dialect {name!r} is unknown: {', '.join(DIALECTS)} was expected")
    return name


def _read_yaml(path: Path) -> Document:
    from octavo import _yaml  # noqa: PLC0415 - PyYAML is loaded by those who read YAML only

    return _yaml.read(path, most_bytes=MAX_FILE_BYTES)
