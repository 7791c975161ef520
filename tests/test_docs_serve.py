"""The guide to ``octavo serve`` and the files beside it name only what is there."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import httpx
import pytest
import yaml
from click.testing import CliRunner

from octavo.cli import main
from octavo.cli.serve import serve_command
from octavo.live.config import load_config
from octavo.live.metrics import Metrics
from octavo.live.slips import SCHEMA

from .asgi import Client
from .live_running import Serving, posix

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = (DOCS / "serve.md").read_text(encoding="utf-8")
CONTENTS = json.loads(SCHEMA.read_text(encoding="utf-8"))
SECRETS = dict.fromkeys(
    ["WEBHOOK_KEY", "WEBHOOK_KEY_NEW", "DASHBOARD_KEY", "BROKER_PASSWORD", "DATABASE_PASSWORD"], "x"
)
OPTIONS = {option for parameter in serve_command.params for option in parameter.opts if option.startswith("-")}


def compose():
    return yaml.safe_load((DOCS / "serve" / "compose.yaml").read_text(encoding="utf-8"))


def unit():
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters="=")
    parser.optionxform = str
    parser.read(DOCS / "serve" / "octavo.service", encoding="utf-8")
    return parser


def test_the_configuration_is_good(tmp_path):
    file = tmp_path / "octavo.toml"
    file.write_bytes((DOCS / "serve" / "octavo.toml").read_bytes())
    config = load_config(file, environment=SECRETS)
    assert [sink.name for sink in config.sinks] == ["stdout", "dashboard", "mqtt"]
    result = CliRunner().invoke(main, ["serve", str(file), "--check"], env=SECRETS)
    assert result.exit_code == 0, result.stderr


def test_the_guide_has_every_option():
    text = re.sub(r"[^\w.]", " ", GUIDE).split()
    wanted = [*CONTENTS["properties"]]
    wanted += [f"server.{name}" for name in CONTENTS["$defs"]["server"]["properties"]]
    wanted += [f"downlinks.{name}" for name in CONTENTS["$defs"]["downlinks"]["properties"]]
    for name, table in CONTENTS["$defs"].items():
        wanted += table["properties"] if name.endswith(("_sink", "_secret")) or name in ("listen", "tls") else []
    assert [name for name in wanted if name not in text and name not in ("server", "downlinks")] == []


def test_the_guide_has_every_count():
    names = set(re.findall(r"^# TYPE (\w+)", Metrics().text().decode(), re.MULTILINE))
    assert {name for name in names if not name.endswith("_created")} == set(re.findall(r"octavo_\w+", GUIDE)) - {
        "octavo_app"
    }


def test_the_guide_and_the_files_use_options_that_exist():
    commands = re.findall(r"^(?:octavo serve.*|ExecStart\w*=.*)$", GUIDE, re.MULTILINE)
    commands += [unit()["Service"][key] for key in ("ExecStart", "ExecStartPre")]
    used = {word for command in commands for word in shlex.split(command) if word.startswith("--")}
    used |= set(re.findall(r"`(--[a-z]+)", GUIDE))
    assert used <= OPTIONS
    assert {"--check", "--store", "--device", "--port", "--host"} <= used


@posix
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_three_commands_of_the_readme(tmp_path):
    """The second and the third as they stand there, but for a port that is free."""
    readme = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## Receive messages.*?```sh\n(.*?)```", readme, re.DOTALL)[1]
    install, serve, curl = block.splitlines()
    assert re.fullmatch(r'pip install "octavo\[serve\]"', install)
    program, command, *args = shlex.split(serve)
    assert (program, command) == ("octavo", "serve")
    with Serving(tmp_path, *args).start() as server:
        asked = shlex.split(curl.replace("http://127.0.0.1:8080", server.url))
        answer = subprocess.run(
            [*asked, "--silent"], cwd=DOCS.parent, capture_output=True, text=True, check=True
        ).stdout
        (outcome,) = server.lines(1)
    assert answer in readme
    assert (outcome["outcome"], outcome["ids"]["device_id"]) == ("no_port", "dev1")
    assert outcome["message"] == json.loads((DOCS / "demo" / "v3-uplink.json").read_text(encoding="utf-8"))


@posix
def test_the_first_message_of_the_guide_is_decoded(tmp_path):
    (message,) = re.findall(r"--data '(.*?)'\n", GUIDE, re.DOTALL)
    with Serving(tmp_path).start() as server:
        assert httpx.post(f"{server.url}/up", content=message).status_code == 200
        (outcome,) = server.lines(1)
    assert outcome["outcome"] == "decoded"
    assert outcome["decoded"]["data"]["temperature"] == 24.8


def test_the_application_of_the_guide_runs(tmp_path, monkeypatch):
    (source,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "octavo.toml").write_text("sinks = []", encoding="utf-8")
    names = {}
    exec(compile(source, "shop.py", "exec"), names)  # noqa: S102 - our own document
    with Client(names["app"], names["opened"]) as client:
        assert client.until_ready("/hooks/readyz").json() == {"status": "ok"}


def test_the_unit_runs_the_receiver_contained():
    service = unit()["Service"]
    assert service["ExecStart"].startswith("/opt/octavo/bin/octavo serve /etc/octavo/octavo.toml ")
    assert service["ExecStartPre"] == f"{service['ExecStart']} --check"
    assert (service["DynamicUser"], service["ProtectSystem"], service["KillMode"]) == ("yes", "strict", "mixed")
    assert "MemoryDenyWriteExecute" not in service, "V8 compiles"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_knows_every_line_of_the_unit():
    file = DOCS / "serve" / "octavo.service"
    done = subprocess.run(["systemd-analyze", "verify", file], capture_output=True, text=True, check=False)
    complaints = [
        line for line in done.stderr.splitlines() if "octavo.service" in line and "not executable" not in line
    ]
    assert complaints == []


def test_the_containers_name_each_other_and_what_exists(tmp_path):
    contents = compose()
    assert contents.keys() == {"services", "configs", "volumes"}
    receiver = contents["services"]["receiver"]
    assert receiver["command"][0] == "serve"
    assert set(receiver["depends_on"]) <= set(contents["services"])
    for service in contents["services"].values():
        assert {each["source"] for each in service.get("configs", [])} <= set(contents["configs"])
        assert {each.partition(":")[0] for each in service.get("volumes", [])} <= set(contents["volumes"])
    file = tmp_path / "octavo.toml"
    file.write_text(contents["configs"]["octavo"]["content"].replace("$$", "$"), encoding="utf-8")
    config = load_config(file, environment=dict.fromkeys(receiver["environment"], "x"))
    assert config.server.host == "0.0.0.0"  # noqa: S104 - inside a container
    assert config.store == "postgresql://octavo:x@database/octavo"
    assert [sink.options["server"] for sink in config.sinks] == ["mqtt://broker"]


def test_the_containers_install_extras_that_exist():
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [GUIDE, compose()["services"]["receiver"]["build"]["dockerfile_inline"]]
    extras = {name for text in texts for names in re.findall(r"octavo\[([\w,]+)\]", text) for name in names.split(",")}
    assert extras >= {"serve", "mqtt", "postgres"}
    assert extras <= project["optional-dependencies"].keys()
