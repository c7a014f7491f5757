"""One shape for whatever goes wrong: ``{"error": {"id", "kind", "message", "where", "expected"}}``.

The id is in the log too, with what the answer does not tell.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from nofly.errors import InputError, NoflyError, StoreError
from nofly.run.outputs.text import printable

log = logging.getLogger("nofly.web")


class ErrorBody(BaseModel):
    """What went wrong."""

    id: str = Field(description="Names this very case; it is in the log too.", examples=["k3TfW0aQ"])
    kind: str = Field(description="Stable, for programs.", examples=["not-found"])
    message: str = Field(description="For people.", examples=["no incident 'abcd'"])
    where: str | None = Field(None, description="Which part of what was sent.", examples=["query.limit"])
    expected: str | None = Field(None, description="What to send.", examples=["a number from 1 to 1000"])


class ErrorAnswer(BaseModel):
    """The body of every answer that is no success."""

    error: ErrorBody


class ApiError(Exception):
    """An answer that is no success."""

    def __init__(
        self, status: HTTPStatus, kind: str, message: str, *, where: str | None = None,
        expected: str | None = None, headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.kind, self.message = status, kind, message
        self.where, self.expected, self.headers = where, expected, dict(headers or {})


def not_found(what: str, expected: str | None = None) -> ApiError:
    """Return the error that something is not there."""
    return ApiError(HTTPStatus.NOT_FOUND, "not-found", what, expected=expected)


def answer(error: ApiError) -> Response:
    """Return the answer to an error, which is logged."""
    name = secrets.token_urlsafe(6)
    level = logging.ERROR if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
    said = printable(error.message)
    cause = error.__cause__ if level == logging.ERROR else None
    log.log(level, "%s: %s (%d): %s", name, error.kind, error.status, said, exc_info=cause)
    body = ErrorBody(
        id=name, kind=error.kind, message=error.message, where=error.where, expected=error.expected
    )
    content = ErrorAnswer(error=body).model_dump(exclude_none=True)
    return JSONResponse(content, error.status, {**error.headers, "Cache-Control": "no-store"})


def install(app: FastAPI) -> None:
    """Have all errors answered in the one shape."""

    @app.exception_handler(ApiError)
    async def _(_: Request, error: ApiError) -> Response:
        return answer(error)

    @app.exception_handler(RequestValidationError)
    async def _(_: Request, error: RequestValidationError) -> Response:
        first: Mapping[str, Any] = next(iter(error.errors()), {})
        where = ".".join(str(part) for part in first.get("loc", ())) or None
        return answer(
            ApiError(HTTPStatus.UNPROCESSABLE_ENTITY, "not-valid", str(first.get("msg", error)), where=where)
        )

    @app.exception_handler(HTTPException)
    async def _(request: Request, error: HTTPException) -> Response:
        status = HTTPStatus(error.status_code)
        kind = status.phrase.lower().replace(" ", "-")
        headers = dict(error.headers or {})
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(sorted(_allowed(app, request)))
        return answer(ApiError(status, kind, str(error.detail), headers=headers))

    @app.exception_handler(NoflyError)
    async def _(_: Request, error: NoflyError) -> Response:
        return answer(of(error))

    @app.exception_handler(Exception)
    async def _(_: Request, error: Exception) -> Response:
        fault = ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", "a fault of nofly: it is in its log")
        fault.__cause__ = error
        return answer(fault)


def _allowed(app: FastAPI, request: Request) -> set[str]:
    """Return the methods of all routes that a path is of."""
    found: set[str] = set()
    for route in app.routes:
        if route.matches({**request.scope, "method": "?"})[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or {"GET", "HEAD"}
    return found


def of(error: NoflyError) -> ApiError:
    """Return an error of nofly as an answer: of input it is the sender's, of the store it passes."""
    if isinstance(error, InputError):
        where = ", ".join(part for part in (error.source, error.locator) if part) or None
        found = ApiError(
            HTTPStatus.BAD_REQUEST, "bad-input", error.message, where=where, expected=error.expected or None
        )
    elif isinstance(error, StoreError):
        found = ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "store", "the record cannot be read or written now")
    else:
        found = ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", "a fault of nofly: it is in its log")
    found.__cause__ = error
    return found
