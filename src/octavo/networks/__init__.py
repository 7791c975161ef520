"""Messages of networks, between JSON values and octavo's own: pure functions without any I/O.

`tts` is The Things Stack v3, `ttn2` The Things Network v2, `chirpstack4` ChirpStack v4.
"""

from octavo.networks import chirpstack4, ttn2, tts
from octavo.networks.curl import as_curl
from octavo.networks.location import infer_location
from octavo.networks.message import Incoming, Publication, Request, Topic
from octavo.networks.recognition import KINDS, Recognition, recognise

__all__ = [
    "KINDS",
    "Incoming",
    "Publication",
    "Recognition",
    "Request",
    "Topic",
    "as_curl",
    "chirpstack4",
    "infer_location",
    "recognise",
    "ttn2",
    "tts",
]
