"""What the help of ``octavo downlink`` says below the options: where downlinks go, and which key they need.

Source: The Things Stack documentation, "Scheduling Downlinks", "API Keys" and "MQTT Server"; ChirpStack documentation,
"API" (Authentication).
"""

_EXAMPLES = """\b
Examples:
  octavo downlink push my-dev interval=600 --device my.yaml \\
      --server https://eu1.cloud.thethings.network --application my-app
  octavo downlink push my-dev --raw 01fe --port 15 ...    bytes, as they are
  octavo downlink push my-dev '{"led": 1}' --decoded ...  the server encodes
  octavo downlink replace my-dev --raw 01 -p 15 --priority HIGH ...
  octavo downlink clear my-dev ...
  octavo downlink attributes my-dev ...

"..." is --server, --application and so on; --dry-run shows what would be sent.
"""

WAYS = """\b
Where it goes:
  The Things Stack v3    --server https://eu1.cloud.thethings.network
                         --application my-app
    by MQTT              --mqtt mqtts://eu1.cloud.thethings.network
                         --application my-app@ttn (with the tenant)
  The Things Network v2  --network v2, to the downlink_url that each uplink of
                         the HTTP integration brings: put it, its key and all,
                         into $OCTAVO_DOWNLINK_URL
    by MQTT              --network v2 --mqtt mqtt://BROKER
                         --application my-app
  ChirpStack v4          --network chirpstack4 --server http://localhost:8090
                         (chirpstack-rest-api); DEVICE_ID is the DevEUI
    by MQTT              --network chirpstack4 --mqtt mqtt://localhost
                         --application UUID
"""

KEY = """\b
The key stands in the environment only, where other users do not see it:
  read -rs OCTAVO_API_KEY; export OCTAVO_API_KEY
It is the API key, and over MQTT the password as well:
  The Things Stack v3    made in the console: your application, API keys, with
                         the right "Write downlink application traffic" (for
                         attributes "View devices in application")
  The Things Network v2  by MQTT an access key of the application
  ChirpStack v4          made in its web interface, API keys; by MQTT the
                         password of the broker's user (--mqtt-user)
"""

_DATA = """\b
DATA is JSON, @FILE, - for standard input (a JSON object a line, each a
downlink), or KEY=VALUE ...; with --raw it is payload texts, each a downlink.
Say how DATA becomes bytes by one of --device, --decoded and --raw.

\b
Examples:
  octavo downlink {0} my-dev interval=600 --device my.yaml \\
      --server https://eu1.cloud.thethings.network --application my-app
  octavo downlink {0} my-dev --raw 01fe --port 15 --confirmed \\
      --server https://eu1.cloud.thethings.network --application my-app
  octavo downlink {0} 0004a30b001c0530 --raw 01fe --port 15 \\
      --network chirpstack4 --server http://localhost:8090

"""

_CLEAR = """\b
Example:
  octavo downlink clear my-dev --server https://eu1.cloud.thethings.network \\
      --application my-app
The Things Network v2 cannot clear a queue, nor can ChirpStack by MQTT.

"""

_ATTRIBUTES = """\b
Example:
  octavo downlink attributes my-dev --application my-app \\
      --server https://eu1.cloud.thethings.network

"""

ALL = f"{_EXAMPLES}\n{WAYS}\n{KEY}"
CLEAR = f"{_CLEAR}{WAYS}\n{KEY}"
ATTRIBUTES = f"{_ATTRIBUTES}{KEY}"


def of_data(command: str) -> str:
    """The help of a command that takes data."""
    return f"{_DATA.format(command)}{WAYS}\n{KEY}"
