"""The configuration: what a file says, what it may not say, and what never shows."""

import json
import tomllib
from urllib.parse import unquote, urlsplit

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo.errors import ContentError, NotFoundError
from octavo.live.config import Config, Listen, Secret, Server, SinkConfig, load_config, read_config, store_named
from octavo.live.slips import SCHEMA

CONTENTS = json.loads(SCHEMA.read_text(encoding="utf-8"))

FULL = """
store = "data/messages.db"
keep_days = 30
unknown = "refuse"
[server]
host = "::1"
port = 9000
body_max_bytes = 2000
body_timeout_s = 2.5
waiting_max = 7
[devices]
"ht-*" = "mclimate/ht-sensor"
"A840" = "codecs/mine.py"
[[secrets]]
type = "header"
name = "X-Key"
value = "$FIRST"
[[secrets]]
type = "basic"
username = "ttn"
password = "${FIRST}-${SECOND}"
[[sinks]]
type = "stdout"
[[sinks]]
type = "webhook"
name = "shop"
url = "https://shop.example/in?key=${SECOND}"
headers = { Authorization = "$FIRST" }
timeout_s = 3
[[sinks]]
type = "mqtt"
server = "mqtts://broker.example"
fields = true
tls = { ca = "ca.pem" }
[listen]
server = "mqtt://127.0.0.1:1884"
topics = ["+/devices/+/up", "$share/a/b"]
[downlinks]
enabled = true
"""
ENVIRONMENT = {"FIRST": "one", "SECOND": "two"}


WEBHOOK = '[[sinks]]\ntype = "webhook"\n'
TOPIC = '[[sinks]]\ntype = "mqtt"\nserver = "mqtt://h"\ntopic = "{}"'


def written(folder, text):
    file = folder / "octavo.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(folder, text, **environment):
    with pytest.raises(ContentError) as caught:
        load_config(written(folder, text), environment=environment)
    assert caught.value.file == str(folder / "octavo.toml")
    return caught.value


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(CONTENTS)


def test_everything_in_the_schema_is_described_and_closed():
    tables = [CONTENTS, *CONTENTS["$defs"].values()]
    named = [each for each in tables if "properties" in each]
    assert all("description" in each for each in tables if each.get("type") == "object")
    assert all(each.get("additionalProperties") is False or "allOf" in each for each in named)
    assert all(prop.keys() & {"description", "$ref", "const"} for prop in CONTENTS["properties"].values())


def test_nothing_is_the_defaults(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config()
    assert config == Config(store=f"sqlite:{tmp_path / 'octavo.db'}", folder=tmp_path)
    assert (config.server.host, config.server.port) == ("127.0.0.1", 8080)
    assert config.sinks == (SinkConfig("stdout", "stdout"),)


def test_the_defaults_are_those_of_the_schema():
    told = {name: part["default"] for name, part in CONTENTS["$defs"]["server"]["properties"].items()}
    assert {name: getattr(Server(), name) for name in told} == told
    listen = Listen("mqtt://h", ("a",))
    told = {
        name: part["default"] for name, part in CONTENTS["$defs"]["listen"]["properties"].items() if "default" in part
    }
    assert {name: getattr(listen, name) for name in told} == told


def test_a_file_says_everything(tmp_path):
    config = load_config(written(tmp_path, FULL), environment=ENVIRONMENT)
    assert config.server == Server("::1", 9000, 2000, 2.5, 7)
    assert config.store == f"sqlite:{tmp_path / 'data/messages.db'}"
    assert config.devices == {"ht-*": "mclimate/ht-sensor", "A840": str(tmp_path / "codecs/mine.py")}
    assert config.secrets == (
        Secret("header", "X-Key", "one"),
        Secret("basic", username="ttn", password="one-two"),  # noqa: S106 - a made-up one
    )
    assert [sink.name for sink in config.sinks] == ["stdout", "shop", "mqtt"]
    assert config.sinks[1].options["url"].endswith("key=two")
    assert config.listen == Listen("mqtt://127.0.0.1:1884", ("+/devices/+/up", "$share/a/b"))
    assert (config.keep_ms, config.unknown, config.folder) == (30 * 86_400_000, "refuse", tmp_path)
    assert config.keys == tmp_path / "data/octavo-keys.db"


def test_it_crosses_to_the_worker_whole(tmp_path):
    config = load_config(written(tmp_path, FULL), environment=ENVIRONMENT)
    assert Config.from_json(config.to_json()) == config
    assert Config.from_json(Config().to_json()) == Config()


def test_options_win(tmp_path, monkeypatch):
    file = written(tmp_path, FULL)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    given = {"host": "0.0.0.0", "port": 0, "device": "one.js", "store": "two.db"}  # noqa: S104 - only read
    config = load_config(file, **given, environment=ENVIRONMENT)
    assert (config.server.host, config.server.port) == ("0.0.0.0", 0)  # noqa: S104 - as above
    assert (config.device, config.store) == (str(elsewhere / "one.js"), f"sqlite:{elsewhere / 'two.db'}")


def test_a_device_of_the_file_counts_from_its_folder(tmp_path):
    config = load_config(written(tmp_path, 'device = "a/b.yaml"'))
    assert config.device == str(tmp_path / "a/b.yaml")
    assert load_config(written(tmp_path, 'device = "milesight/em300-th"')).device == "milesight/em300-th"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("u:hunter2@[::1/db", "[::1/db"),
        ("u:hun/ter2=@db/o?sslmode=x", "db/o"),
        ("u:hun@t/er:2@db/o", "db/o"),
        ("u:hunt%er2@db/o", "db/o"),
        ("u:hunter2", ""),
        ("db/o?password=hun@ter2%x", ""),
        ("u:hun?ter2@db/o", "u@db/o"),
        ("u:hunter2@[::1]:5432/o", "u@[::1]:5432/o"),
    ],
)
def test_whatever_the_url_of_a_store_is_its_name_has_no_password(url, name):
    assert Config(store=f"postgresql://{url}").store_name == f"postgresql://{name}"


@pytest.mark.parametrize("password", ["aB/c+d=", "p@ss/w:rd", "ab%cd", "a b?c#d&e", "%41", "ü$x"])
@pytest.mark.parametrize("user", ["octavo", "${USER}"])
def test_a_variable_that_is_a_password_in_the_url_of_the_store_is_encoded(tmp_path, user, password):
    text = f'store = "postgresql://{user}:${{PASSWORD}}@${{HOST}}/octavo?application_name=${{USER}}"'
    variables = {"PASSWORD": password, "HOST": "[::1]:5433", "USER": "octavo"}
    config = load_config(written(tmp_path, text), environment=variables)
    parts = urlsplit(config.store)
    assert (parts.username, unquote(parts.password)) == ("octavo", password)
    assert (parts.hostname, parts.port, parts.path, parts.query) == (
        "::1",
        5433,
        "/octavo",
        "application_name=octavo",
    )
    assert store_named(tmp_path / "octavo.toml", variables) == config.store
    assert config.store_name == "postgresql://octavo@[::1]:5433/octavo"


def test_a_variable_that_is_no_password_is_not_encoded(tmp_path):
    whole = "postgresql://octavo:a%2Fb@db/octavo"
    for text in ("$URL", "${URL}"):
        assert load_config(written(tmp_path, f'store = "{text}"'), environment={"URL": whole}).store == whole
    path = load_config(written(tmp_path, 'store = "${DATA}/a@b.db"'), environment={"DATA": "/a b/%"}).store
    assert path == "sqlite:/a b/%/a@b.db"


@pytest.mark.parametrize("url", ["postgresql://u:hunter2@db:5432/octavo?sslmode=x", "postgres://u:hunter2@db/o"])
def test_a_password_of_the_store_is_not_shown(tmp_path, url):
    config = load_config(written(tmp_path, f'store = "{url}"'))
    assert config.store == url
    assert "hunter2" not in config.store_name + repr(config)
    assert "://u@db" in config.store_name
    assert config.keys == tmp_path / "octavo-keys.db"


def test_secrets_are_not_shown(tmp_path):
    config = load_config(written(tmp_path, FULL), environment={"FIRST": "hunter2", "SECOND": "hunter3"})
    assert "hunter" not in repr(config)


@pytest.mark.parametrize(
    ("text", "path", "sentence"),
    [
        ("stor = 1", "/stor", 'stor: unknown member "stor" (did you mean "store"?)'),
        ("[server]\nport = 70000", "/server/port", "server.port: expected at most 65535"),
        ('[[secrets]]\ntype = "bearr"', "/secrets/0/type", "secrets[0].type: expected one of"),
        ('[[sinks]]\ntype = "mqtt"', "/sinks/0/server", 'sinks[0].server: expected the member "server"'),
        ('[[sinks]]\ntype = "webhook"\nurl = "ftp://x"', "/sinks/0/url", "sinks[0].url: expected a URL that begins"),
        (WEBHOOK + 'url = "http://u:p@h/"', "/sinks/0/url", "without a user"),
        (WEBHOOK + 'url = "http://h/"\nheaders = { "A b" = "c" }', "/sinks/0/headers/A b", "the name of a header"),
        (WEBHOOK + 'url = "http://h/"\nheaders = { A = "ü" }', "/sinks/0/headers/A", "in one line of ASCII"),
        (WEBHOOK + 'url = "http://h/"\nheaders = { A = "b\\n" }', "/sinks/0/headers/A", "in one line of ASCII"),
        ('[[sinks]]\ntype = "handler"\nfunction = "../m:f"', "/sinks/0/function", "expected MODULE:FUNCTION"),
        (TOPIC.format("a/#"), "/sinks/0/topic", "a topic without #, + and control characters"),
        (TOPIC.format("a\\n"), "/sinks/0/topic", "a topic without #, + and control characters"),
        ('[[sinks]]\ntype = "mqtt"\nserver = "mqtt://u:p@h"', "/sinks/0/server", "without a user name"),
        ('unknown = "drop"', "/unknown", 'unknown: expected one of "keep", "refuse"'),
        ("keep_days = 0", "/keep_days", "keep_days: "),
        ("keep_days = inf", "/keep_days", "keep_days: "),
        ("store = 2020-01-01", "/store", "store: "),
        ('[[sinks]]\ntype = "stdout"\n[[sinks]]\ntype = "stdout"', "/sinks/1/name", "two sinks are called stdout"),
        ('[[secrets]]\ntype = "bearer"\nvalue = " a"', "/secrets/0/value", "without spaces at its ends"),
        ('[device]\n"ht-*" = "a/b"', "/device", "did you mean [devices], the table of several?"),
        ('[[devices]]\n"ht-*" = "a/b"', "/devices", "devices: expected an object"),
        ('[sinks]\ntype = "stdout"', "/sinks", "sinks: expected a list of tables, each as [[sinks]]"),
        ("[mqtt]", "/mqtt", 'mqtt: unknown member "mqtt": one of store, keep_days, device, devices, unknown, server,'),
        (WEBHOOK + 'url = "http://h"\nurls = 1', "/sinks/0/urls", '(did you mean "url"?)'),
        (
            WEBHOOK + 'url = "http://h"\nqos = 1',
            "/sinks/0/qos",
            "one of type, name, url, headers, timeout_s",
        ),
        ('[listen]\nserver = "mqtt://h"\ntls = { file = "" }', "/listen/tls/file", "one of ca, certificate, key was"),
        ('store = "a${B"', "/store", "store: ${ without a name and }: ${NAME} was expected"),
        ('store = "${1}"', "/store", "store: ${ without a name and }: ${NAME} was expected"),
        ("sinks = 5", "/sinks", "a list of tables"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path, text, path, sentence):
    error = refused(tmp_path, text)
    assert error.path == path
    assert sentence in str(error)


def test_everything_wrong_is_told_at_once(tmp_path):
    error = refused(tmp_path, "\n".join(f"a{number} = 1" for number in range(12)))
    assert error.message.count("unknown member") == 10
    assert error.message.endswith("and 2 more")


@pytest.mark.parametrize(
    "text",
    [
        '[[secrets]]\ntype = "bearer"\nvalue = "hunter2\\n"',
        '[[secrets]]\ntype = "bearer"\nvalu = "hunter2"',
        '[[sinks]]\ntype = "mqtt"\nserver = "mqtt://u:hunter2@h"',
        '[[sinks]]\ntype = "mqtt"\nserver = "$SECRET"',
        '[[sinks]]\ntype = "webhook"\nurl = "${SECRET}://x"',
        '[listen]\nserver = "mqtt://h"\ntopics = "hunter2"',
    ],
)
def test_a_wrong_value_is_not_shown(tmp_path, text):
    assert "hunter2" not in str(refused(tmp_path, text, SECRET="hunter2"))  # noqa: S106 - a made-up one


def test_a_variable_is_blamed_for_what_it_holds_and_for_nothing_else(tmp_path):
    told = refused(tmp_path, 'unknown = "$SET"\nstor = "$SET"\nserver = 5\nkeep_days = "$SET"', SET="9").message
    assert 'unknown: expected one of "keep", "refuse", which the environment variable does not hold' in told
    assert 'stor: unknown member "stor" (did you mean "store"?)' in told
    assert "keep_days: expected a number, and a variable is text" in told
    assert told.count("variable") == len(["unknown", "keep_days"])
    assert "variable" not in refused(tmp_path, '[device]\n"ht-*" = "$SET"', SET="9").message


def test_everything_is_told_together_and_the_rest_can_be_used(tmp_path):
    text = """
store = "$NOT_SET"
keep_days = "$NEITHER"
[devices]
"a-*" = "one.js"
"b-*" = "two${"
[[sinks]]
type = "stdout"
[[sinks]]
type = "stdot"
[[sinks]]
type = "webhook"
url = "http://h"
[server]
prt = 1
[listen]
server = "mqtt://h"
"""
    config, faults = read_config(written(tmp_path, text), environment={})
    assert [fault.path for fault in faults] == ["/devices/b-*", "/keep_days", "/server/prt", "/sinks/1/type", "/store"]
    assert list(config.devices) == ["a-*"]
    assert [sink.name for sink in config.sinks] == ["stdout", "webhook"]
    assert (config.listen.server, config.server, config.keep_days) == ("mqtt://h", Server(), None)


def test_of_several_only_the_wrong_ones_are_left_out(tmp_path):
    hook = WEBHOOK + 'name = "{}"\nurl = "http://h"\nheaders = {{ A = "{}" }}\n'
    text = '[[sinks]]\ntype = "stdot"\n' + hook.format("one", "$NOT_SET") + hook.format("two", "a")
    config, faults = read_config(written(tmp_path, text), environment={})
    assert [fault.path for fault in faults] == ["/sinks/0/type", "/sinks/1/headers/A"]
    assert [sink.name for sink in config.sinks] == ["two"]


def test_a_missing_variable_is_named(tmp_path):
    error = refused(tmp_path, '[[secrets]]\ntype = "bearer"\nvalue = "${NOT_SET}"')
    assert error.path == "/secrets/0/value"
    assert "secrets[0].value: the environment variable NOT_SET is not set" in str(error)


@pytest.mark.parametrize("variable", ["\udcff", "a\0"])
def test_a_variable_that_is_no_text_is_refused(tmp_path, variable):
    """A header, a path or a URL with it would fall over when it is used."""
    error = refused(tmp_path, '[[secrets]]\ntype = "bearer"\nvalue = "${BYTES}"', BYTES=variable)
    assert "secrets[0].value: text without NUL" in str(error)
    error = refused(tmp_path, 'store = "postgresql://u:${BYTES}@h/d"', BYTES=variable)
    assert "store: text without NUL" in str(error)
    assert "store: text without NUL" in str(refused(tmp_path, 'store = "a\\u0000b"'))


def test_no_toml_is_told_with_line_and_column(tmp_path):
    error = refused(tmp_path, "[server]\nport = = 1")
    assert (error.line, error.column) == (2, 8)
    assert refused(tmp_path, "a = " + "[" * 100_000).message.startswith("not TOML")


def test_no_file_is_told(tmp_path):
    with pytest.raises(NotFoundError, match="there is no such file"):
        load_config(tmp_path / "none.toml")


@pytest.mark.parametrize("other", ["server = []", "store = true", "[devices]\nkeep = false", "[sinks]"])
def test_what_json_cannot_say_hides_nothing_else(tmp_path, other):
    _, faults = read_config(written(tmp_path, f"keep_days = inf\n{other}"))
    assert {fault.path for fault in faults} > {"/keep_days"}


KEYS = st.sampled_from(["store", "server", "secrets", "sinks", "type", "value", "port", "listen", "topics", "devices"])
TEXTS = st.text(st.characters(max_codepoint=0xD7FF), max_size=9)
VALUES = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(contents=st.dictionaries(KEYS, VALUES, max_size=5))
def test_any_contents_are_a_configuration_or_an_error(tmp_path_factory, contents):
    text = "\n".join(f"{key} = {toml(value)}" for key, value in contents.items())
    file = written(tmp_path_factory.getbasetemp(), text)
    try:
        config = load_config(file, environment={})
    except ContentError as error:
        config = None
        told = error.file
    assert config is not None or told == str(file)
    assert config is None or Config.from_json(config.to_json()) == config
    assert tomllib.loads(text) == contents


def toml(value):
    """A value as TOML has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value)
    return repr(value)
