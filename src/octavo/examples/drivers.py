"""The folder of a driver in Actility's catalogues: its script, its dialect, the units of its points.

Source: actility/device-catalog, template/ and tests/driver-examples.spec.js;
actility/thingpark-iot-flow-driver-catalogue, templates/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from octavo import _literal, catalog
from octavo.errors import ContentError, NotFoundError
from octavo.examples.members import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PACKAGE_FILE = "package.json"

ENTRIES = ("index.js", "main.js")
"""Scripts of a driver whose ``package.json`` names none."""

EXAMPLE_FOLDERS = ("examples", "errors", "test", "tests")
"""Folders inside a driver's folder that may hold its examples."""

POINTS_SCRIPT = "extractPoints.js"
"""Where a driver may keep its ``extractPoints``."""

CONTEXT_REASON = "its driver keeps a global context from message to message, which octavo does not"

BARE = {"decode_uplink": "data", "decode_downlink": "data", "encode_downlink": "bytes"}
"""The member in which a legacy function's return stands, where octavo wraps it."""

WRAPPED_DIALECTS = ("ttn2", "chirpstack3")


@dataclass(frozen=True, slots=True)
class Driver:
    """A driver's folder.

    Attributes:
        folder: the folder.
        script: its entry.
        dialect: whose rules it follows.
        uses_context: whether ``driver.yaml`` says that it keeps a context.
        points: the points that ``package.json`` declares, by name.
    """

    folder: Path
    script: Path
    dialect: str
    uses_context: bool = False
    points: Mapping[str, Any] = field(default_factory=dict)

    def defines(self, name: str) -> bool:
        """Whether the text of the script names a function."""
        return names(self.script, name)

    @property
    def points_script(self) -> Path | None:
        """The script that has ``extractPoints``, or None."""
        own = self.folder / POINTS_SCRIPT
        if own.is_file():
            return own
        return self.script if self.defines("extractPoints") else None


def find(file: Path, default: str, dialect: str | None = None) -> Driver:
    """The driver that a file of examples belongs to.

    Args:
        file: the examples, in the driver's folder or in a folder of examples inside it.
        default: the dialect where no ``driver.yaml`` says one.
        dialect: the dialect, whatever ``driver.yaml`` says.

    Raises:
        NotFoundError: there is no script; the sentence says which were looked for.
        ContentError: ``driver.yaml`` or ``package.json`` does not hold what it should.
    """
    folder = next((folder for folder in _folders(file) if _is_driver(folder)), None)
    if folder is None:
        names = ", ".join(ENTRIES)
        raise NotFoundError(f"there is no script for it: the main of {PACKAGE_FILE}, {names}", file=str(file))
    manifest = _manifest(folder, default)
    package = _package(folder)
    points = package.get("driver")
    declared = points.get("points") if isinstance(points, dict) else None
    return Driver(
        folder,
        _script(folder, package, file),
        dialect or manifest.dialect,
        manifest.uses_context,
        declared if isinstance(declared, dict) else {},
    )


def is_claimed(folder: Path) -> bool:
    """Whether a folder says itself that it is a driver's."""
    if (folder / catalog.DRIVER_FILE).is_file():
        return True
    try:
        return isinstance(_package(folder).get("driver"), dict)
    except ContentError:
        return False


def folder_of(file: Path) -> Path:
    """The folder whose driver a file of examples is for, going by names alone."""
    return file.parent.parent if file.parent.name in EXAMPLE_FOLDERS else file.parent


def view(dialect: str, operation: str, *, normalised: bool = False) -> Any:
    """What is compared of a result: legacy functions are compared bare; samples of regressions as envelopes."""
    is_wrapped = dialect in WRAPPED_DIALECTS
    if normalised and dialect == "actility" and BARE[operation] == "data":
        return lambda result: {"data": result}
    if is_wrapped and not normalised:
        member = BARE[operation]
        return lambda result: result.get(member) if isinstance(result, dict) else result
    return None


def _folders(file: Path) -> Iterator[Path]:
    yield file.parent
    if file.parent.name in EXAMPLE_FOLDERS:
        yield file.parent.parent


def _is_driver(folder: Path) -> bool:
    names = (catalog.DRIVER_FILE, PACKAGE_FILE, *ENTRIES)
    return any((folder / name).is_file() for name in names)


def _manifest(folder: Path, default: str) -> catalog.Driver:
    path = folder / catalog.DRIVER_FILE
    return catalog.read_driver(path, default) if path.is_file() else catalog.Driver(default)


def _package(folder: Path) -> dict[str, Any]:
    path = folder / PACKAGE_FILE
    if not path.is_file():
        return {}
    value = _literal.read(path, most_bytes=catalog.MAX_FILE_BYTES).value
    return value if isinstance(value, dict) else {}


def _script(folder: Path, package: dict[str, Any], file: Path) -> Path:
    main = package.get("main")
    named = [main, f"{main}.js", f"{main}/index.js"] if isinstance(main, str) and main else []
    for name in (*named, *ENTRIES):
        script = folder / name
        if script.suffix == ".js" and script.is_file() and script.resolve().is_relative_to(folder.resolve()):
            return script
    looked_for = ", ".join([main, *ENTRIES] if isinstance(main, str) and main else ENTRIES)
    raise NotFoundError(f"there is no script for it in {folder.as_posix()}: {looked_for}", file=str(file))
