"""What a dialect's table may say, and the part of it that the driver needs.

A table is data. The driver (``sandbox/driver/``) holds the rules that the tables name: ``struct``, ``wrap`` and so
on are functions there. Adding a network is adding a table, and a rule where it does something no other does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

NORMALIZE_UPLINK = "normalize_uplink"
EXTRACT_POINTS = "extract_points"

COUNTS = "octavoCounts"
"""The function of a script that tells what was counted in it."""

RAW_MEMBERS = {"dataNulls": "data", "boxedFPort": "fPort"}
"""Inputs that an example spells otherwise."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that an operation may call.

    Attributes:
        name: the script's name for it.
        arguments: for an object argument, pairs of member and input; for positional ones, the inputs.
        shape: ``decode_envelope``, ``encode_envelope``, ``decode_bare`` or ``encode_bare``; ``encode_unsaid`` is an
            envelope that knows no errors and no warnings.
        wrap: the member that a positional function's result stands for in an example's ``output``; None where the
            example has the bare result.
    """

    name: str
    arguments: tuple[tuple[str, str], ...] | tuple[str, ...]
    shape: str
    wrap: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs it takes."""
        return tuple(item if isinstance(item, str) else item[1] for item in self.arguments)

    @property
    def positional(self) -> bool:
        """Whether it takes its inputs one by one, not as members of an object."""
        return all(isinstance(item, str) for item in self.arguments)

    def builder(self) -> str:
        """JavaScript that makes the argument list from the inputs; literals, so that no setter sees it."""
        members = [f"v.{item}" if isinstance(item, str) else f"{item[0]}:v.{item[1]}" for item in self.arguments]
        listed = ",".join(members)
        return f"(v)=>[{listed}]" if self.positional else f"(v)=>[{{{listed}}}]"


@dataclass(frozen=True, slots=True)
class Operation:
    """What a network does to decode or encode; the first function that the script has is called.

    Attributes:
        functions: in order of preference; the last one's absence is the error.
        data: rule for decoded data: ``struct`` (protobuf Struct as goja exports it), ``plain_struct`` (as QuickJS's
            values become one), ``json_object``, ``otto`` (as otto exports it, then JSON).
        bytes: rule for encoded bytes: ``wrap`` (modulo 256), ``exact`` (0 to 255 or an error), ``saturate``,
            ``go_bytes`` (``exact`` in ChirpStack v3's words), ``octets`` (``exact``, or a Uint8Array, or hex).
        port: rule for the port of an encoded payload: ``byte`` (modulo 256, 1 for none), ``saturate``, ``stated`` (a
            port of the script's or the caller's, or an error).
        errors: how ``errors`` is read: ``list`` (anything but a list is an error), ``strings`` (anything but a list of
            strings is no error).
        nothing: what no result is: ``type_error``, ``no_output`` or ``no_object`` (in QuickJS's words).
        normalizer: name of the function that normalizes, or None.
        points: the function that makes points of decoded data (ThingPark), or None.
        flow: ``one`` function, or v2's ``chain`` of Decoder, Converter and Validator.
    """

    functions: tuple[Function, ...]
    data: str = "struct"
    bytes: str = "wrap"
    port: str = "byte"
    errors: str = "list"
    nothing: str = "no_output"
    normalizer: str | None = None
    points: Function | None = None
    flow: str = "one"

    @property
    def after(self) -> tuple[Function, ...]:
        """The functions that make something else of decoded data, where there are any."""
        normalizer = (Function(self.normalizer, (("data", "data"),), "decode_envelope"),) if self.normalizer else ()
        return (*normalizer, *((self.points,) if self.points else ()))


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs a network's scripts.

    Attributes:
        name: its name.
        ratio: how many times slower than V8 it was measured, on vendors' scripts.
    """

    name: str
    ratio: int


@dataclass(frozen=True, slots=True)
class Wording:
    """How a network words what went wrong; each may hold ``{}`` for the text.

    Attributes:
        script: an exception of the script.
        thrown: what the engine prints for an instance of an error; None prints ``Name: message``.
        missing: a function that the script lacks.
        timeout: the time limit.
        output: a result that cannot be converted; its reason is the cause, or ``{}`` where the text has it.
        errors: errors that the script reports: the function, then its errors, which stand at the end.
    """

    script: str = "{}"
    thrown: str | None = None
    missing: str = "ReferenceError: {} is not defined"
    timeout: str = "script timeout"
    output: str = "invalid output"
    errors: str = "{1}"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One network's rules.

    Attributes:
        name: as given by ``--dialect``.
        network: the network's name for sentences.
        operations: by `octavo.device.OPERATIONS`, and ``extract_points``.
        global_names: what a script finds; all else that V8 has is removed.
        absent: members of built-ins that are removed.
        trailer: text the network appends; a script that clashes with it does not parse.
        console: how ``console`` shows values (``text``, ``json``), None where there is none.
        module: whether a script is an ECMAScript module: strict, with ``import`` and ``export``.
        imported: names that the network imports from a module of its own before the script, and that module.
        holders: objects that the script may put its functions on.
        fresh: names that are new for each message: ``exports``, an empty object; ``context``, an empty list, or what an
            example brings.
        engine: what the network runs scripts with.
        wording: how it words errors.
        warnings: whether the network passes warnings on.
        refuses_port_0: whether the network's queue takes no port 0, and no one else mends it.
        vocabulary: fields of normalized payloads: ``3.32`` or ``union``; None where nothing is normalized.
        codes: gRPC code by error name; empty where the network has none.
        separate: whether each function has a text of its own (v2).
        time_limit_s: the network's own time limit.
    """

    name: str
    network: str
    operations: dict[str, Operation]
    global_names: tuple[str, ...]
    engine: Engine
    wording: Wording = Wording()
    module: bool = False
    imported: tuple[tuple[str, str], ...] = ()
    holders: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    absent: tuple[tuple[str, str, str], ...] = ()
    trailer: str = ""
    console: str | None = None
    warnings: bool = True
    refuses_port_0: bool = False
    vocabulary: str | None = None
    codes: dict[str, str] | None = None
    separate: bool = False
    time_limit_s: float = 0.1

    @property
    def reports_errors(self) -> bool:
        """Whether a function returns its errors in an object; else it can only throw."""
        functions = (function for operation in self.operations.values() for function in operation.functions)
        return any(function.shape.endswith("_envelope") for function in functions)

    @property
    def decodes_bare(self) -> bool:
        """Whether what a decoder returns is the data itself, in examples too."""
        first = self.operations["decode_uplink"].functions[0]
        return first.shape == "decode_bare" and first.wrap is None

    def table(self, *, watched: bool = False, counted: bool = False) -> dict[str, Any]:
        """What the driver needs, as JSON values.

        Args:
            watched: whether it has the operations of `octavo.formatters.watching` too.
            counted: whether the script may have a function that tells what it counted.
        """
        operations: dict[str, Any] = {}
        for name, operation in self.operations.items():
            operations[name] = _operation_table(self, name, operation)
            for function in (*operation.functions, *operation.after):
                operations[raw_operation(function.name)] = _raw_table(self, name, function)
            if operation.points:
                extracting = replace(operation, functions=(operation.points,))
                operations[EXTRACT_POINTS] = _operation_table(self, name, extracting)
        if watched:
            added = {"flow": "watched", "counts": COUNTS if counted else None}
            operations |= {watched_operation(name): each | added for name, each in operations.items()}
        return {
            "globals": list(self.global_names) + (["console"] if self.console else []),
            "absent": [list(item) for item in self.absent],
            "trailer": self.trailer,
            "console": self.console,
            "module": self.module,
            "imported": dict(self.imported),
            "holders": list(self.holders),
            "fresh": list(self.fresh),
            "missing": self.wording.missing.split("{}"),
            "names": sorted(self.function_names() | ({COUNTS} if counted else set())),
            "operations": operations,
        }

    def raw_function(self, operation: str, texts: tuple[str, ...]) -> str | None:
        """The function that an example of an operation calls: the first one that a text names, else the first.

        Args:
            operation: one of `octavo.device.OPERATIONS`, ``normalize_uplink`` or ``extract_points``.
            texts: the script's.

        Returns:
            Its name; None where the network calls none.
        """
        decoding = self.operations["decode_uplink"]
        if operation == NORMALIZE_UPLINK:
            return decoding.normalizer
        if operation == EXTRACT_POINTS:
            return decoding.points.name if decoding.points else None
        names = [function.name for function in self.operations[operation].functions]
        named = (name for name in names if any(re.search(rf"\b{name}\b", text) for text in texts))
        return next(named, names[0])

    def function_names(self) -> set[str]:
        """Every function name that the dialect looks for."""
        operations = self.operations.values()
        names = {function.name for each in operations for function in (*each.functions, *each.after)}
        return names | ({"Converter", "Validator"} if self.separate else set())


def watched_operation(operation: str) -> str:
    """The driver's name for an operation whose function is watched."""
    return f"watched_{operation}"


def raw_operation(function: str) -> str:
    """The driver's name for calling a function with an example's input as it stands."""
    return f"raw_{function}"


def _script_of(dialect: Dialect, operation: str) -> str:
    if not dialect.separate:
        return "script"
    return "encoder" if operation == "encode_downlink" else "decoder"


def _operation_table(dialect: Dialect, name: str, operation: Operation) -> dict[str, Any]:
    inputs = sorted({item for function in operation.functions for item in function.inputs})
    return {
        "flow": operation.flow,
        "script": _script_of(dialect, name),
        "decoder": "decoder",
        "converter": "converter",
        "validator": "validator",
        "collect": f"(from,message)=>({{{','.join(f'{item}:from.{item}(message)' for item in inputs)}}})",
        "entries": [
            {"name": function.name, "build": function.builder(), "shape": function.shape}
            for function in operation.functions
        ],
        "data": operation.data,
        "bytes": operation.bytes,
        "port": operation.port,
        "errors": operation.errors,
        "said": dialect.wording.errors.format(operation.functions[0].name, ""),
        "nothing": operation.nothing,
        "normalizer": operation.normalizer,
    }


def _raw_table(dialect: Dialect, operation: str, function: Function) -> dict[str, Any]:
    return {
        "flow": "raw",
        "script": _script_of(dialect, operation),
        "name": function.name,
        "members": [RAW_MEMBERS.get(item, item) for item in function.inputs] if function.positional else None,
        "wrap": function.wrap,
    }
