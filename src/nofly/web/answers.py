"""Answers as JSON: encoded once, with an ETag by which the same again costs nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from nofly.zones.sentence import Sentence, Words

JSON = "application/json"
GEOJSON = "application/geo+json"


class Worded(BaseModel):
    """An answer in which sentences stand."""

    words: dict[str, Any] = Field(
        default={},
        description="What the sentences in it are made of, by the sentence: ``say`` is one with holes, "
        "``values`` what fills each, a text or again such words. For a page in another language.",
    )


def answered(
    request: Request, value: Any, media_type: str = JSON, status: int = HTTPStatus.OK,
    known: Mapping[str, Words] | None = None,
) -> Response:  # fmt: skip
    """Return plain values as JSON; 304 without a body where whoever asks has them already (RFC 9110, 13.1.2).
    NaN becomes null. What the sentences in an object are made of is added to it as ``words``; ``known`` are
    those that were taken apart before."""
    words = dict(known or {})

    def sentence(one: Any) -> str:
        if not isinstance(one, Sentence):
            raise TypeError(f"no JSON: {type(one)}")
        words[str(one)] = one.words
        return str(one)

    body = msgspec.json.encode(value, enc_hook=sentence)
    if words:
        body = body[:-1] + b',"words":' + msgspec.json.encode(words) + b"}"
    tag = f'W/"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Cookie, Authorization"}
    held = request.headers.get("if-none-match", "")
    if status == HTTPStatus.OK and tag in (part.strip() for part in held.split(",")):
        return Response(None, HTTPStatus.NOT_MODIFIED, headers)
    return Response(body, status, headers, media_type)
