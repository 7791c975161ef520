"""The files beside the guide to ``octavo serve``: any password, formatters of one's own, no restarts without end."""

import configparser
import re
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from octavo.live.config import load_config
from octavo.live.devices import Devices

FOLDER = Path(__file__).parents[1] / "docs" / "serve"


def receiver(folder, password):
    """The receiver of the containers, and the configuration that it gets."""
    contents = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
    file = folder / "octavo.toml"
    file.write_text(contents["configs"]["octavo"]["content"].replace("$$", "$"), encoding="utf-8")
    variables = {"WEBHOOK_KEY": "x", "DATABASE_PASSWORD": password}
    return contents["services"]["receiver"], load_config(file, environment=variables)


@pytest.mark.parametrize("password", ["aB/c+d=", "p@ss/w:rd", "ab%cd"])
def test_the_database_of_the_containers_may_have_any_password(tmp_path, password):
    _, config = receiver(tmp_path, password)
    parts = urlsplit(config.store)
    assert (unquote(parts.password), parts.hostname) == (password, "database")
    assert config.store_name == "postgresql://octavo@database/octavo"


def test_formatters_of_ones_own_lie_beside_the_file(tmp_path):
    """Where the containers mount them; the example of the guide."""
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    (mounted,) = re.findall(r'# volumes: \["\./formatters:(.*):ro"\]', text)
    service, config = receiver(tmp_path, "x")
    assert Path(mounted) == Path(service["configs"][0]["target"]).parent / "formatters"
    folder = tmp_path / "formatters" / "acme"
    folder.mkdir(parents=True)
    (folder / "flow.yaml").write_text("uplinkDecoder:\n  fileName: flow.js\n", encoding="utf-8")
    (folder / "flow.js").write_text("function decodeUplink(input) { return { data: {} }; }", encoding="utf-8")
    ids = {"device_id": "ht-1", "dev_eui": None, "brand_id": "acme", "model_id": "flow"}
    with closing(Devices(config)) as devices:
        assert devices.named(ids) == "formatters:acme/flow"


def test_the_unit_gives_up_what_never_starts():
    parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters="=")
    parser.optionxform = str
    parser.read(FOLDER / "octavo.service", encoding="utf-8")
    limits, service = parser["Unit"], parser["Service"]
    most_s, starts, pause_s = (
        int(each) for each in (limits["StartLimitIntervalSec"], limits["StartLimitBurst"], service["RestartSec"])
    )
    assert service["Restart"] == "on-failure"
    assert starts * (pause_s + 2) < most_s, "starts of two seconds each are too many before the interval ends"
    assert starts * pause_s >= 300, "a database that is away for five minutes is waited for"
