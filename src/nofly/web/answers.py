"""Answers as JSON: encoded once, with an ETag by which the same again costs nothing."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"
GEOJSON = "application/geo+json"


def answered(request: Request, value: Any, media_type: str = JSON, status: int = HTTPStatus.OK) -> Response:
    """Return plain values as JSON; 304 without a body where whoever asks has them already (RFC 9110, 13.1.2).
    NaN becomes null."""
    body = msgspec.json.encode(value)
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Cookie, Authorization"}
    known = request.headers.get("if-none-match", "")
    if status == HTTPStatus.OK and tag in (part.strip() for part in known.split(",")):
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    return Response(body, status, headers, media_type)
