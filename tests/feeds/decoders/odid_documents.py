"""JSON documents of Remote ID as receivers publish them, and the C structure that DroneScout puts into them:
written from opendroneid.h and the receivers' manuals, shares nothing with the decoder."""

from __future__ import annotations

import base64
import ctypes
import json
from typing import Any

Document = dict[str, Any]


class BasicId(ctypes.Structure):
    _fields_ = [("UAType", ctypes.c_int), ("IDType", ctypes.c_int), ("UASID", ctypes.c_char * 21)]


class LocationData(ctypes.Structure):
    _fields_ = [
        ("Status", ctypes.c_int), ("Direction", ctypes.c_float), ("SpeedHorizontal", ctypes.c_float),
        ("SpeedVertical", ctypes.c_float), ("Latitude", ctypes.c_double), ("Longitude", ctypes.c_double),
        ("AltitudeBaro", ctypes.c_float), ("AltitudeGeo", ctypes.c_float), ("HeightType", ctypes.c_int),
        ("Height", ctypes.c_float), ("HorizAccuracy", ctypes.c_int), ("VertAccuracy", ctypes.c_int),
        ("BaroAccuracy", ctypes.c_int), ("SpeedAccuracy", ctypes.c_int), ("TSAccuracy", ctypes.c_int),
        ("TimeStamp", ctypes.c_float),
    ]  # fmt: skip


class AuthData(ctypes.Structure):
    _fields_ = [
        ("DataPage", ctypes.c_uint8), ("AuthType", ctypes.c_int), ("LastPageIndex", ctypes.c_uint8),
        ("Length", ctypes.c_uint8), ("Timestamp", ctypes.c_uint32), ("AuthData", ctypes.c_uint8 * 24),
    ]  # fmt: skip


class SelfId(ctypes.Structure):
    _fields_ = [("DescType", ctypes.c_int), ("Desc", ctypes.c_char * 24)]


class SystemData(ctypes.Structure):
    _fields_ = [
        ("OperatorLocationType", ctypes.c_int), ("ClassificationType", ctypes.c_int),
        ("OperatorLatitude", ctypes.c_double), ("OperatorLongitude", ctypes.c_double),
        ("AreaCount", ctypes.c_uint16), ("AreaRadius", ctypes.c_uint16), ("AreaCeiling", ctypes.c_float),
        ("AreaFloor", ctypes.c_float), ("CategoryEU", ctypes.c_int), ("ClassEU", ctypes.c_int),
        ("OperatorAltitudeGeo", ctypes.c_float), ("Timestamp", ctypes.c_uint32),
    ]  # fmt: skip


class OperatorId(ctypes.Structure):
    _fields_ = [("OperatorIdType", ctypes.c_int), ("OperatorId", ctypes.c_char * 21)]


class UasData(ctypes.Structure):
    _fields_ = [
        ("BasicID", BasicId * 2), ("Location", LocationData), ("Auth", AuthData * 16), ("SelfID", SelfId),
        ("System", SystemData), ("OperatorID", OperatorId), ("BasicIDValid", ctypes.c_uint8 * 2),
        ("LocationValid", ctypes.c_uint8), ("AuthValid", ctypes.c_uint8 * 16),
        ("SelfIDValid", ctypes.c_uint8), ("SystemValid", ctypes.c_uint8), ("OperatorIDValid", ctypes.c_uint8),
    ]  # fmt: skip


def uas_data(
    ident: str = "DS1", lat: float = 47.2, lon: float = 8.7, second: float = 65_535.0, **told: Any
) -> bytes:
    """The structure with one id and a location in which everything not told is unknown."""
    data = UasData()
    data.BasicIDValid[0] = data.LocationValid = data.SystemValid = 1
    data.BasicID[0].UAType, data.BasicID[0].IDType = 2, 1
    data.BasicID[0].UASID = ident.encode()
    data.System.OperatorLatitude, data.System.OperatorLongitude = 12.3456789, 98.7654321
    unknown = {
        "Direction": 361.0, "SpeedHorizontal": 255.0, "SpeedVertical": 63.0, "AltitudeBaro": -1000.0,
        "AltitudeGeo": -1000.0, "Height": -1000.0,
    }  # fmt: skip
    values = unknown | {"Status": 2, "Latitude": lat, "Longitude": lon, "TimeStamp": second} | told
    for name, value in values.items():
        setattr(data.Location, name, value)
    return bytes(data)


def dronescout(uas: bytes, timestamp_ms: int, address: str = "AA:BB:CC:00:00:01") -> Document:
    data = {
        "sensor ID": "ds240-07", "RSSI": -71, "channel": 6, "timestamp": timestamp_ms,
        "MAC address": address, "type": "BLE long range", "UASdata": base64.b64encode(uas).decode(),
    }  # fmt: skip
    return {"protocol": 1.0, "data": data}


def status() -> Document:
    return {"protocol": 1.0, "status": {"sensor ID": "ds240-07", "timestamp": 1, "status": "normal"}}


def wardragon(lat: float = 47.2, lon: float = 8.7, ident: str = "WD1", **told: Any) -> list[Document]:
    """A list of messages, as DroneID and WarDragon publish them."""
    place = {
        "latitude": lat, "longitude": lon, "op_status": "Airborne", "height_type": "Above Takeoff",
        "ew_dir_segment": "East", "speed_multiplier": "0.25", "direction": 87, "speed": "12.25 m/s",
        "vert_speed": "-1.0 m/s", "pressure_altitude": "Undefined", "geodetic_altitude": "64.5 m",
        "height_agl": "45.0 m", "vertical_accuracy": "<10 m", "horizontal_accuracy": "<1 m",
        "baro_accuracy": "<45 m", "timestamp": "3.0 seconds past the hour",
    }  # fmt: skip
    basic = {
        "protocol_version": "F3411.22", "id_type": "Serial Number (ANSI/CTA-2063-A)", "id": ident,
        "ua_type": "Helicopter (or Multirotor)", "MAC": "8e:3b:93:22:33:fa", "RSSI": -60,
    }  # fmt: skip
    return [
        {"Basic ID": basic},
        {"Location/Vector Message": place | told},
        {"System Message": {"latitude": 12.3456789, "longitude": 98.7654321}},
        {"Operator ID Message": {"operator_id": "CHEsecret"}},
    ]


def core_c(lat: float = 47.2, lon: float = 8.7, **told: Any) -> Document:
    """An object with the names of opendroneid-core-c."""
    place = {
        "Status": 2, "Direction": 361.0, "SpeedHorizontal": 255.0, "SpeedVertical": 63.0, "Latitude": lat,
        "Longitude": lon, "AltitudeBaro": -1000.0, "AltitudeGeo": -1000.0, "HeightType": 0,
        "Height": -1000.0, "HorizAccuracy": 0, "VertAccuracy": 0, "BaroAccuracy": 0, "TimeStamp": 65_535.0,
    }  # fmt: skip
    basic = {"UAType": 2, "IDType": 1, "UASID": "CC1"}
    return {"BasicID": basic, "Location": place | told, "System": {"OperatorLatitude": 12.3456789}}


def esp32(lat: float = 47.2, lon: float = 8.7, **told: Any) -> Document:
    """The flat object of ESP32 receivers."""
    return {
        "mac": "60:60:1f:00:00:02", "rssi": -50, "drone_lat": lat, "drone_long": lon, "drone_altitude": 430,
        "pilot_lat": 12.3456789, "pilot_long": 98.7654321, "basic_id": "E1",
    } | told  # fmt: skip


def dragonsync(lat: float = 47.2, lon: float = 8.7, **told: Any) -> Document:
    """The flat object that DragonSync publishes over MQTT."""
    return {
        "id": "drone-DG1", "id_type": "Serial Number (ANSI/CTA-2063-A)", "description": "my name",
        "mac": "60:60:1f:00:00:03", "caa_id": "", "track_type": "drone", "lat": lat, "lon": lon,
        "latitude": lat, "longitude": lon, "alt": 500.5, "height": 40.0, "pressure_altitude": 0.0,
        "height_type": "AGL", "speed": 3.5, "vspeed": 0.0, "direction": 0.0, "pilot_lat": 12.3456789,
        "pilot_lon": 98.7654321, "home_lat": 12.3456789, "home_lon": 98.7654321, "ua_type": 2,
        "op_status": "Airborne", "operator_id": "CHEsecret", "horizontal_accuracy": "<3 m",
        "vertical_accuracy": "<10m", "timestamp": "", "rid_timestamp": "", "observed_at": None,
        "seen_by": "wardragon-7",
    } | told  # fmt: skip


def text(*documents: Any) -> bytes:
    """Documents end to end, as JSON."""
    return "".join(json.dumps(document) for document in documents).encode()
