"""The application: every route of :mod:`nofly.web.api` and :mod:`nofly.web.stream`, guarded."""

from __future__ import annotations

import asyncio
import importlib
import mimetypes
import pkgutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Scope

import nofly
from nofly.web import api, errors, stream
from nofly.web.errors import ErrorAnswer
from nofly.web.guard import Guard
from nofly.web.served import Served
from nofly.web.static_files import PackedFiles

STATIC = Path(__file__).parent / "static"
_FAILURES: dict[int | str, dict[str, object]] = {
    code: {"model": ErrorAnswer} for code in (400, 401, 403, 404, 413, 422, 429, 500, 503)
}


class _Pages(Mount):
    """The files of the page: whatever is no path of the API."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match where the API cannot."""
        if scope["path"].startswith(("/api/", "/ogc")):
            return Match.NONE, {}
        return super().matches(scope)


def create_app(served: Served, monotonic_s: Callable[[], float] = monotonic) -> ASGIApp:
    """Return the application that serves a watch."""

    @asynccontextmanager
    async def following(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(served.follow(), name="follow")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    app = FastAPI(
        title="nofly", version=nofly.__version__, lifespan=following, docs_url=None, redoc_url=None,
        openapi_url="/api/v1/openapi.json", responses=_FAILURES,
        description="Zones, aircraft and incidents of a watch. Times are ISO 8601 UTC, units SI.",
    )  # fmt: skip
    app.state.served = served
    errors.install(app)
    for package in (api, stream):
        for found in pkgutil.iter_modules(package.__path__):
            app.include_router(importlib.import_module(f"{package.__name__}.{found.name}").router)
    mimetypes.add_type("text/javascript", ".mjs")
    app.router.routes.append(_Pages("/", PackedFiles(STATIC), name="static"))
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    others: tuple[str, ...] = () if served.tiles is None else (served.tiles.origin,)
    others += () if served.style is None else served.style.origins
    return Guard(app, monotonic_s, others, served.embedders)
