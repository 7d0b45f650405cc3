"""The control routes: register a workload, ask what was seen of it, remove it. Each needs the process's token."""

import asyncio
import json
import re
import secrets
from typing import Any

from aiohttp import web

from harness.draws import sizes
from harness.workload import check
from local_server.answers import served
from local_server.listeners import Listeners
from local_server.server import ImageServer, Place, Workload

PREFIX = "/_control/workloads/"
WINDOW = re.compile(r"window(?:/([0-9]{1,6})(/watched)?)?")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MAX_REQUEST_BYTES = 64 * 1024


class Control:
    """An image server with its control routes.

    Args:
        token: who shows it may control.

    Attributes:
        listeners: where workloads are served; set before the first request.
    """

    listeners: Listeners

    def __init__(self, token: str) -> None:
        self.server = ImageServer()
        self.token = token

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer anything that is no image; what is not understood is a refusal with a reason."""
        if not request.raw_path.startswith(PREFIX):
            self.server.strangers += 1
            return _refusal(404, "no such path")
        return await self._control(request)

    async def imposter(self, _request: web.BaseRequest) -> web.StreamResponse:
        """Answer a client that has accepted a certificate which it must refuse, and asks for no image."""
        return web.Response(body=b"accepted")

    async def _control(self, request: web.BaseRequest) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if not secrets.compare_digest(
            given.encode(errors="surrogateescape"), f"Bearer {self.token}".encode()
        ):
            self.server.strangers += 1
            return _refusal(
                401, "control routes need the token of the ready line: Authorization: Bearer TOKEN"
            )
        name, _, rest = request.raw_path.removeprefix(PREFIX).partition("/")
        if not NAME.fullmatch(name):
            return _refusal(422, f"a workload's name matches {NAME.pattern}")
        match request.method, rest:
            case "PUT", "":
                return await self._put(request, name)
            case "POST", _ if name in self.server.workloads and (asked := WINDOW.fullmatch(rest)):
                return self._window(self.server.workloads[name], asked[1], is_watched=bool(asked[2]))
            case "DELETE", "" if self.server.remove(name):
                return web.json_response({})
        return _refusal(404, f"no workload {name}, or no such route")

    def _window(self, workload: Workload, seed: str | None, *, is_watched: bool) -> web.Response:
        """Open a new window, with the images in another order if a seed is named; answer with the last one."""
        if seed:  # before, so that the CPU time of both is not the new window's
            self.server.move(workload, int(seed))
            self.listeners.look()
        seen = {**workload.witness.close_window(is_watched=is_watched), "strangers": self.server.strangers}
        self.server.strangers = 0
        return web.json_response(seen)

    async def _put(self, request: web.BaseRequest, name: str) -> web.StreamResponse:
        try:
            fields = _fields(await _body(request))
            origins = await self.listeners.origins(fields)
            wrong_addresses = await self.listeners.wrong_addresses(fields)
            refused = await self.listeners.refused(fields["http"]) if fields["tls"] else {}
            self.server.claim(name, sum(sizes(fields["image_bytes"], fields["images"], fields["seed"])))
        except (ValueError, OSError) as error:
            if isinstance(error, (web.RequestPayloadError, ConnectionError)):
                return _refusal(400, "the body broke off")
            return _refusal(422, str(error))
        # In a thread, so that a large workload does not stop the answers of another.
        workload = self.server.add(name, await asyncio.to_thread(served, fields), origins, wrong_addresses)
        return web.json_response(
            {
                "images": [_told(place) for place in workload.places],
                "authority": self.listeners.authority.pem.splitlines() if fields["tls"] else None,
                "refused": {reason: f"{origin}/" for reason, origin in refused.items()},
            }
        )


def _told(place: Place) -> dict[str, object]:
    """What the manifest tells of an image."""
    answer, met = place.answer, place.answer.met
    return {
        "url": place.url,
        "sha256": answer.sha256,
        "bytes": answer.size,
        "fault": met.fault if met else None,
        "attempts": met.attempts if met else None,
    }


async def _body(request: web.BaseRequest) -> bytes:
    data = b""
    async for chunk in request.content.iter_any():
        data += chunk
        if len(data) > MAX_REQUEST_BYTES:
            raise ValueError(f"the body must be at most {MAX_REQUEST_BYTES:,} bytes")
    return data


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body must be JSON") from None
    if not isinstance(fields, dict):
        # For the client it is a wrong value, as any other.
        raise ValueError("the body must be a JSON object")  # noqa: TRY004
    return check(fields, served=True)


def _refusal(status: int, reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=status)
