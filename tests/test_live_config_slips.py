"""What new users write into a configuration by mistake, each told with what to write instead, and never a secret."""

import pytest

from octavo.errors import ContentError
from octavo.live.config import load_config

ENVIRONMENT = {"DASH": "one", "B": "two", "PASS": "pa$WORD $$X ${Y}"}
BEARER = '[[secrets]]\ntype = "bearer"\nvalue = "{}"'
BASIC = '[[secrets]]\ntype = "basic"\nusername = "me"\npassword = "{}"'
LISTEN = '[listen]\nserver = "mqtt://h"\n'
HOOK = '[[sinks]]\ntype = "webhook"\nurl = "http://h"\n'


def loaded(folder, text, environment=ENVIRONMENT):
    file = folder / "octavo.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, environment=environment)


def refused(folder, text, environment=ENVIRONMENT):
    with pytest.raises(ContentError) as caught:
        loaded(folder, text, environment)
    return caught.value


# ---- variables ----


@pytest.mark.parametrize(
    "text", ["Bearer $DASH", "$DASH/x", "a$DASH", "$DASH$B", "$DASH ", "${B}$DASH", "$DASH${B}", "$_1-", "a$NOT_SET"]
)
def test_a_variable_beside_other_text_needs_braces(tmp_path, text):
    error = refused(tmp_path, f"{HOOK}headers = {{ Authorization = '{text}' }}")
    assert error.path == "/sinks/0/headers/Authorization"
    sentence = "$NAME beside other text: ${NAME} was expected, or a variable that holds this text"
    assert error.message == f"sinks[0].headers.Authorization: {sentence}"


def test_its_name_is_not_told_as_it_may_be_a_part_of_a_password(tmp_path):
    assert "HUNTER" not in str(refused(tmp_path, f"{LISTEN}password = 'x$HUNTER'"))


@pytest.mark.parametrize("text", ["a$first", "$2y$10$abC", "a$", "5$ A", "$Ab1!", "$A1b!", "$share/a/b", "$$x"])
def test_other_dollars_stay(tmp_path, text):
    assert loaded(tmp_path, f"{LISTEN}password = '{text}'").listen.password == text


@pytest.mark.parametrize("text", ["$PASS", "${PASS}"])
def test_a_variable_may_hold_any_dollars(tmp_path, text):
    assert loaded(tmp_path, f"{LISTEN}password = '{text}'").listen.password == ENVIRONMENT["PASS"]


@pytest.mark.parametrize(("text", "value"), [("$DASH", "one"), ("${DASH}", "one"), ("a${DASH}$-${B}", "aone$-two")])
def test_alone_or_in_braces_it_is_put_in(tmp_path, text, value):
    assert loaded(tmp_path, f"{LISTEN}password = '{text}'").listen.password == value


# ---- secrets ----


@pytest.mark.parametrize("word", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("value", ["{} hunter2", "{}  hunter2", "{}\\thunter2", "${{KEY}}", "$KEY"])
def test_the_word_of_a_bearer_is_added_by_octavo(tmp_path, word, value):
    error = refused(tmp_path, BEARER.format(value.format(word)), {"KEY": f"{word} hunter2"})
    assert error.path == "/secrets/0/value"
    assert "without the word Bearer, which octavo adds" in error.message
    assert "hunter2" not in str(error)


@pytest.mark.parametrize("word", ["Basic", "basic"])
def test_the_word_of_basic_is_added_by_octavo(tmp_path, word):
    error = refused(tmp_path, BASIC.format(f"{word} aHVudGVyMg=="))
    assert error.path == "/secrets/0/password"
    assert "without the word Basic, which octavo adds" in error.message
    assert "aHVudGVyMg" not in str(error)


@pytest.mark.parametrize("value", ["Bearer", "Bearerx", "my Bearer x", "Basic x"])
def test_other_tokens_hold_the_word(tmp_path, value):
    assert loaded(tmp_path, BEARER.format(value)).secrets[0].value == value


@pytest.mark.parametrize("value", ["basics", "a basic b", "Bearer x"])
def test_other_passwords_hold_the_word(tmp_path, value):
    assert loaded(tmp_path, BASIC.format(value)).secrets[0].password == value


def test_authorization_is_the_whole_header(tmp_path):
    text = '[[secrets]]\ntype = "authorization"\nvalue = "Bearer x"'
    assert loaded(tmp_path, text).secrets[0].value == "Bearer x"


# ---- devices ----


@pytest.mark.parametrize(
    "key",
    [
        "00-04-A3-0B-00-1C-05-30",
        "00:04:a3:0b:00:1c:05:30",
        "00 04 a3 0b 00 1c 05 30",
        "0004.a30b.001c.0530",
        "0004-A30B-001C-0530",
    ],
)
def test_an_eui_stands_without_separators(tmp_path, key):
    error = refused(tmp_path, f'[devices]\n"{key}" = "cayennelpp"')
    assert error.path == f"/devices/{key}"
    assert error.message == f'devices: "{key}" would match nothing: an EUI stands there as "0004A30B001C0530"'


@pytest.mark.parametrize(
    "key",
    [
        "00-04-a3-0b-00-1c-05-30",  # a device id that The Things Stack allows
        "0004A30B001C0530",
        "0004a30b001c0530",
        "0004*",
        "00:04:A3:*",
        "00:04:A3:0B:00:1C",
        "Cellar 3",  # the name of a device of ChirpStack
        "EM300-TH",  # the name of a device profile of ChirpStack
        "Acme/Flow",
        "Room-[12]",
    ],
)
def test_whatever_a_message_may_say_is_taken(tmp_path, key):
    assert loaded(tmp_path, f'[devices]\n"{key}" = "cayennelpp"').devices == {key: "cayennelpp"}


# ---- TOML, and what the schema says ----


@pytest.mark.parametrize("value", ["$KEY", "hunter2", "True"])
def test_a_text_without_quotes(tmp_path, value):
    error = refused(tmp_path, f'[[secrets]]\ntype = "bearer"\nvalue = {value}')
    assert (error.line, error.column) == (3, 9)
    assert 'a text stands in quotes, "$NAME" too; true and false have small letters' in error.message
    assert value not in error.message.replace("true", "")


@pytest.mark.parametrize("name", ["sinks", "secrets"])
@pytest.mark.parametrize("text", ["[[{0}]]\n[{0}]", "[{0}]\n[[{0}]]", "{0} = []\n[[{0}]]", "[{0}]\n[{0}]"])
def test_a_list_of_tables_that_is_not_written_as_one(tmp_path, name, text):
    error = refused(tmp_path, text.format(name))
    assert error.line == 2
    assert f"each of the {name} begins with [[{name}]]" in error.message


def test_another_table_twice_is_told_as_it_is(tmp_path):
    assert refused(tmp_path, "[server]\n[server]").message == "not TOML: Cannot declare ('server',) twice"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '[[sinks]]\ntype = "mqqt"',
            'sinks[0].type: expected one of "stdout", "webhook", "mqtt", "handler", got "mqqt": did you mean mqtt?',
        ),
        ('[server]\nport = "8092"', 'server.port: expected a whole number, got "8092"'),
        ("[server]\nport = 70000", "server.port: expected at most 65535, got 70000"),
        ('unknown = "drop"', 'unknown: expected one of "keep", "refuse", got "drop"'),
        ('[downlinks]\nenabled = "yes"', 'downlinks.enabled: expected true or false, got "yes"'),
        (f'{LISTEN}version = "5"', 'listen.version: expected one of 4, 5, got "5": did you mean 5?'),
    ],
)
def test_what_was_found_is_told(tmp_path, text, sentence):
    assert refused(tmp_path, text).message == sentence


@pytest.mark.parametrize(
    "text",
    [
        '[[secrets]]\ntype = "hunter2"',
        "[[secrets]]\ntype = 4711",
        BEARER.format(" hunter2"),
        '[[secrets]]\ntype = "bearer"\nvalue = 4711',
        "store = 4711",
        f"{LISTEN}password = 4711",
        f"{LISTEN}username = 4711",
        f"{HOOK}headers = {{ A = 4711 }}",
        f'{HOOK}headers = "hunter2"',
        '[[sinks]]\ntype = "webhook"\nurl = 4711',
        '[[sinks]]\ntype = "webhook"\nurl = "hunter2"',
        '[server]\nport = "$KEY"',
        'unknown = "${KEY}"',
        'api_key = "hunter2"',
    ],
)
def test_what_may_be_a_secret_is_never_told(tmp_path, text):
    said = str(refused(tmp_path, text, {"KEY": "hunter2"}))
    assert "hunter2" not in said
    assert "4711" not in said


def test_a_type_of_secret_that_is_mistyped_is_told_without_it(tmp_path):
    told = refused(tmp_path, '[[secrets]]\ntype = "bearr"').message
    choices = '"header", "basic", "bearer", "authorization"'
    assert told == f"secrets[0].type: expected one of {choices}: did you mean bearer?"
