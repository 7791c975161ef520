"""The architecture, checked: which module may import which, what ``import octavo`` loads, docstrings and sizes.

Imports point down: edges, use cases, engines, ground, core. What goes sideways stands in a table, with its reason.
"""

import ast
import graphlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"

LEVELS = (
    ("core", {"errors", "messages", "limits", "device", "payload"}),
    ("ground", {"_files", "_literal", "_plans", "_rows", "_shipped", "_shrink", "_syntax", "_vocabulary", "_yaml"}),
    ("engines", {"sandbox", "formatters", "codecs", "schemas", "networks"}),
    ("use cases", {"_http", "addressing", "catalog", "comparison", "devices", "examples", "lab", "pipeline", "proof"}),
    ("edges", {"__main__", "cli", "downlinks", "live", "pytest_plugin"}),
)
LEVEL = {room: level for level, (_, rooms) in enumerate(LEVELS) for room in rooms}
CORE = LEVELS[0][1]

SIDEWAYS = {
    ("__main__", "cli"): "the command by another name",
    ("_literal", "_files"): "one way to read a file's text",
    ("_literal", "_syntax"): "one parser",
    ("_yaml", "_files"): "the same",
    ("formatters", "sandbox"): "a formatter is scripts, which run in the sandbox",
    ("devices", "catalog"): "an id is looked up before what it names is loaded",
    ("examples", "catalog"): "the catalogue reads codec YAMLs, and examples stand in them",
    ("lab", "catalog"): "which scripts a codec YAML names",
    ("lab", "devices"): "a formatter is opened as every device is",
    ("lab", "examples"): "examples are where an examination begins",
    ("cli", "downlinks"): "commands are thin",
    ("cli", "live"): "likewise",
    ("live", "downlinks"): "a handler may answer an uplink",
    ("pytest_plugin", "cli"): "both show the line of the script that failed",
    ("examples", "devices"): "an example runs against the device that `load` gives",
    ("pipeline", "addressing"): "which device a message is of",
    ("comparison", "addressing"): "the same",
    ("comparison", "pipeline"): "archived messages are decoded as every message is",
    ("comparison", "examples"): "one rule of equality for what an example expects and what a server decoded",
}

OUTSIDE = {
    "py_mini_racer": ("octavo.sandbox.worker",),
    "construct": ("octavo.codecs",),
    "jsonschema": ("octavo.schemas",),
    "referencing": ("octavo.schemas",),  # jsonschema's own, for references
    "jsonschema_rs": ("octavo.schemas",),  # the extra `fast`
    "orjson": ("octavo.formatters.results",),  # the extra `fast`
    "yaml": ("octavo._yaml",),
    "tree_sitter": ("octavo._syntax",),
    "tree_sitter_javascript": ("octavo._syntax",),
    "numpy": ("octavo.codecs.columns",),  # the extra `columns`
    "pyarrow": ("octavo.codecs.columns",),  # the same
    "quickjs": ("octavo.lab.lint.quickjs_child",),  # the extra `lab`
    "httpx": ("octavo._http",),  # the extras `downlinks` and `serve`
    "starlette": (
        "octavo.live.app",
        "octavo.live.answers",
        "octavo.live.bodies",
        "octavo.live.serving",
    ),  # the extra `serve`
    "uvicorn": ("octavo.live.serving",),  # the same
    "prometheus_client": ("octavo.live.metrics",),  # the same
    "paho": ("octavo.live.mqtt",),  # the extra `mqtt`
    "psycopg": ("octavo.live.postgres",),  # the extra `postgres`
    "click": ("octavo.cli",),
    "rich": ("octavo.cli",),
    "pytest": ("octavo.pytest_plugin",),
}

# Who imports by a name that is computed, so that the walk below does not see it.
COMPUTED = {
    "octavo": "names of the library are imported when they are first used",
    "octavo.cli": "a command is imported when it is called",
    "octavo.live.sinks.handler": "a handler is the user's own module",
}

MOST_LINES = 500


@dataclass(frozen=True)
class Import:
    importer: str
    imported: str
    typing_only: bool

    def __str__(self):
        return f"{self.importer} -> {self.imported}"


def module_name(file):
    parts = file.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(file): file for file in sorted(SOURCE.rglob("*.py"))}
TREES = {name: ast.parse(file.read_text(encoding="utf-8"), str(file)) for name, file in FILES.items()}


def is_for_types(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def nodes(tree):
    """Every node, and whether it is for types only."""
    waiting = [(tree, False)]
    while waiting:
        node, typing_only = waiting.pop()
        yield node, typing_only
        inside = typing_only or is_for_types(node)
        waiting += [(child, inside) for child in ast.iter_child_nodes(node)]


def is_import_call(node):
    names = {"import_module", "__import__"}
    return isinstance(node, ast.Call) and names & {getattr(node.func, "attr", ""), getattr(node.func, "id", "")}


def targets(node):
    """The modules that a statement, or a call with a literal, imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        inner = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in FILES else node.module for name in inner]
    if is_import_call(node) and isinstance(node.args[0], ast.Constant):
        return [node.args[0].value]
    return []


IMPORTS = [
    Import(importer, imported, typing_only)
    for importer, tree in TREES.items()
    for node, typing_only in nodes(tree)
    for imported in targets(node)
]
INSIDE = [item for item in IMPORTS if item.imported.split(".")[0] == "octavo" and item.importer != "octavo"]


def room(module):
    return module.split(".")[1]


def within(module, home):
    return module == home or module.startswith(f"{home}.")


def test_the_walk_sees_the_imports():
    seen = {str(item) for item in INSIDE}
    assert "octavo.formatters.formatter -> octavo.sandbox.shared" in seen
    assert "octavo.devices -> octavo.codecs" in seen, "inside a function"
    assert any(item.typing_only for item in INSIDE)
    assert len(seen) > 100


def test_every_module_has_a_level():
    assert {room(name) for name in FILES if name != "octavo"} == set(LEVEL)


def test_nothing_inside_uses_the_front_door():
    """The names of ``octavo`` are for users; inside, modules are imported by their own names."""
    assert [str(item) for item in INSIDE if item.imported == "octavo"] == []


def test_imports_point_down():
    upward = [str(item) for item in INSIDE if LEVEL[room(item.importer)] < LEVEL[room(item.imported)]]
    assert upward == []


def test_sideways_imports_are_those_of_the_table():
    pairs = {(room(item.importer), room(item.imported)) for item in INSIDE if room(item.importer) not in CORE}
    sideways = {pair for pair in pairs if pair[0] != pair[1] and LEVEL[pair[0]] == LEVEL[pair[1]]}
    assert sideways == set(SIDEWAYS)


def test_there_is_no_cycle():
    """Imports for types only are left out: they are never run."""
    graph = {name: set() for name in FILES}
    for item in INSIDE:
        if not item.typing_only:
            graph[item.importer].add(item.imported)
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert len(order) == len(FILES)


def test_the_core_needs_the_standard_library_only():
    names = {item.imported.split(".")[0] for item in IMPORTS if item.importer.split(".")[-1] in CORE}
    assert names <= {"octavo", *sys.stdlib_module_names}


def test_every_outside_library_has_one_home():
    known = {"octavo", *sys.stdlib_module_names}
    outside = [item for item in IMPORTS if item.imported.split(".")[0] not in known]
    homeless = [
        str(item)
        for item in outside
        if not any(within(item.importer, home) for home in OUTSIDE.get(item.imported.split(".")[0], ()))
    ]
    assert homeless == []
    assert {item.imported.split(".")[0] for item in outside} == OUTSIDE.keys()


def test_imports_by_a_computed_name_are_those_of_the_table():
    calls = {name: [node for node in ast.walk(tree) if is_import_call(node)] for name, tree in TREES.items()}
    computed = {name for name, found in calls.items() if any(not targets(node) for node in found)}
    assert computed == set(COMPUTED)


def test_the_worker_stands_alone():
    """It runs with ``-S``: it has the standard library, and mini-racer by its location."""
    names = {item.imported.split(".")[0] for item in IMPORTS if item.importer == "octavo.sandbox.worker"}
    assert names == {"py_mini_racer"} | names & sys.stdlib_module_names


HEAVY = [
    "py_mini_racer",
    "construct",
    "jsonschema",
    "jsonschema_rs",
    "click",
    "yaml",
    "rich",
    "orjson",
    "asyncio",
    "numpy",
    "pyarrow",
]
LOADED = """
import sys
before = set(sys.modules)
import octavo
{}
loaded = {{name.split(".")[0] for name in set(sys.modules) - before}}
print(sorted(loaded & set({!r})))
"""


@pytest.mark.parametrize("then", ["", "octavo.Error, octavo.Limits, octavo.Uplink, octavo.load, dir(octavo)"])
def test_import_octavo_loads_no_engine(then):
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(then, HEAVY)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_crash_test_loads_no_construct():
    text = LOADED.format("import octavo.lab.check", ["construct", "jsonschema", "py_mini_racer", "click", "rich"])
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def public(body, prefix=""):
    """Public functions and classes with their public members, and whether each has a docstring."""
    for node in body:
        named = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if not named or node.name.startswith("_"):
            continue
        yield f"{prefix}{node.name}", ast.get_docstring(node) is not None
        if isinstance(node, ast.ClassDef):
            yield from public(node.body, f"{prefix}{node.name}.")


def test_everything_public_has_a_docstring():
    bare = [f"{name}.{what}" for name, tree in TREES.items() for what, told in public(tree.body) if not told]
    assert bare == []


def test_every_module_has_a_docstring():
    assert [name for name, tree in TREES.items() if ast.get_docstring(tree) is None] == []


def test_files_are_short():
    sources = [file for file in SOURCE.rglob("*") if file.suffix in {".py", ".js"}]
    lengths = {
        file.relative_to(SOURCE).as_posix(): len(file.read_text(encoding="utf-8").splitlines()) for file in sources
    }
    assert {name: length for name, length in lengths.items() if length > MOST_LINES} == {}
