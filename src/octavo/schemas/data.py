"""A device's own schema: what its ``decoded_payload`` looks like, per port where ports differ."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from octavo.errors import ContentError
from octavo.schemas.files import read_json
from octavo.schemas.json_values import not_json
from octavo.schemas.units import units_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from octavo.messages import Finding
    from octavo.schemas.validation import Checker

PORT = re.compile(r"port-(0|[1-9][0-9]{0,2})")
"""Name in ``$defs`` of the schema for one FPort, such as ``port-2``."""


@dataclass(frozen=True, eq=False)
class DataSchema:
    """A JSON Schema of a device's data.

    ``$schema`` says which draft it is: 2020-12, 2019-09, 7, 6 or 4; without it, it is draft 7, as the
    schemas of TS013 are. References have to end inside the file: nothing is fetched.

    Reading a schema is cheap. That it is one is found out by `vet`, or when it is used for the first time.

    Attributes:
        contents: the schema as its file says it.
        name: the file's name, or what the schema was called; it begins `Finding.schema`.
        file: path of the file, or None.
    """

    contents: dict[str, Any]
    name: str
    file: str | None = None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a schema file.

        Raises:
            NotFoundError: there is no such file.
            ContentError: it is not a JSON object; ``file``, ``line`` and ``column`` say where.
        """
        return cls._read(read_json(Path(path)), Path(path).name, str(path))

    @classmethod
    def from_dict(cls, contents: Mapping[str, Any], name: str = "schema") -> Self:
        """Take a schema that is already read; later changes to ``contents`` do not touch it.

        Raises:
            ContentError: it is not a JSON object.
        """
        return cls._read(contents, name, None)

    @classmethod
    def _read(cls, contents: Any, name: str, file: str | None) -> Self:
        for problem in not_json(contents):
            raise ContentError(f"not a JSON Schema: {problem.message}", file=file, path=problem.path)
        if not isinstance(contents, dict):
            raise ContentError("not a JSON Schema: expected an object", file=file, path="")
        return cls(copy.deepcopy(contents), name, file)

    @cached_property
    def _by_port(self) -> dict[int, Any]:
        """The schemas of ports in ``$defs``."""
        defined = self.contents.get("$defs")
        found = ((PORT.fullmatch(key), part) for key, part in defined.items()) if isinstance(defined, dict) else ()
        return {int(match[1]): part for match, part in found if match}

    @cached_property
    def _checkers(self) -> dict[int | None, Checker]:
        """What checks the data of each port of its own, and, under None, of all others."""
        from octavo.schemas.vetting import checkers  # noqa: PLC0415 - jsonschema costs 0.1 s, paid at first use

        ports = [None, *self._by_port]
        pointers = ["" if port is None else f"/$defs/port-{port}" for port in ports]
        return dict(zip(ports, checkers(self.contents, self.name, pointers, self.file), strict=True))

    @property
    def ports(self) -> frozenset[int]:
        """The FPorts that have a schema of their own: ``$defs`` with ``port-<n>``."""
        return frozenset(self._by_port)

    def vet(self) -> Self:
        """Find out now, not at first use, that this is a JSON Schema.

        Raises:
            ContentError: a draft that is not understood, no schema, a pattern that cannot be read, a
                reference that leads nowhere; ``file`` and ``path`` (JSON Pointer) say where.
        """
        self._checkers  # noqa: B018 - made ready, and kept, when it is asked for
        return self

    def check(self, data: Any, f_port: int | None = None) -> list[Finding]:
        """Everything in ``data`` the schema did not expect, sorted by path.

        Args:
            data: the ``decoded_payload``.
            f_port: the port it came from or goes to; with a schema of its own for it, that one counts.

        Raises:
            ContentError: at first use, as `vet`.
        """
        check = self._checkers.get(f_port) or self._checkers[None]
        return [] if check.is_good(data) else not_json(data) or check.findings(data)

    def units(self, f_port: int | None = None) -> dict[str, str]:
        """The units of the fields: the keyword ``unit`` of their schemas.

        Args:
            f_port: as in `check`; without it the units of all ports.

        Returns:
            Units by path: a JSON Pointer with ``*`` for any list position or any name.
        """
        if f_port is None:
            return units_of(self.contents, *self._by_port.values(), self.contents)
        return units_of(self.contents, self._by_port.get(f_port, self.contents))
