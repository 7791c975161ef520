"""Archived messages, composed: what a server might have stored of a payload and of its own decoding."""

import base64
import json

from octavo.comparison import Archived, Tally, compare


def v3(frm_payload, decoded_payload=None, f_port=1, **members):
    uplink = {"f_port": f_port, "frm_payload": base64.b64encode(frm_payload).decode()}
    if decoded_payload is not None:
        uplink["decoded_payload"] = decoded_payload
    ids = {"device_id": "probe-1", "application_ids": {"application_id": "app1"}}
    return {"end_device_ids": ids, "uplink_message": uplink | members}


def v2(frm_payload, payload_fields):
    return {
        "app_id": "app1",
        "dev_id": "probe-1",
        "hardware_serial": "0102030405060708",
        "port": 1,
        "counter": 2,
        "payload_raw": base64.b64encode(frm_payload).decode(),
        "payload_fields": payload_fields,
        "metadata": {"time": "2020-11-22T05:00:00Z"},
    }


def chirpstack4(frm_payload, decoded):
    device = {"applicationId": "a", "applicationName": "app1", "deviceName": "probe-1", "devEui": "0102030405060708"}
    return {
        "deduplicationId": "57433366-50a6-4dc2-8145-2df1bbc70d9e",
        "time": "2025-11-22T05:00:00Z",
        "deviceInfo": {"tenantId": "t", "tenantName": "t", **device},
        "fCnt": 2,
        "fPort": 1,
        "data": base64.b64encode(frm_payload).decode(),
        "object": decoded,
    }


def lines(*messages):
    return "".join(f"{message if isinstance(message, str) else json.dumps(message)}\n" for message in messages)


def tally_of(device, *messages, **settings):
    """The messages compared, and the tally of them."""
    archive = (Archived(message, file="a.jsonl", line=line) for line, message in enumerate(messages, start=1))
    tally = Tally()
    compared = list(compare(archive, device, **settings))
    for each in compared:
        tally.add(each)
    return compared, tally
