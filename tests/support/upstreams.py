"""A small server for gateways to stand in front of."""

from __future__ import annotations

import asyncio
import threading

from aiohttp import web

from kpo_fixtures.endpoints import Authority, Endpoint
from kpo_fixtures.loops import LoopThread


class Upstream:
    """A server that echoes, streams, stalls and talks by websocket."""

    def __init__(self, *, plain: bool = False) -> None:
        self.loop = LoopThread("upstream")
        self.committed = threading.Event()
        self.release = threading.Event()
        self.asked: list[str] = []
        """The paths of collections that were asked for."""
        self.authority = None if plain else Authority()
        self.endpoint = Endpoint(url="")

    def start(self) -> None:
        self.loop.start()
        self.loop.run(self._start())

    def stop(self) -> None:
        self.release.set()
        self.loop.run(self._runner.cleanup())
        self.loop.stop()

    async def _start(self) -> None:
        application = web.Application()
        application.router.add_get("/stream", self._stream)
        application.router.add_get("/exec", self._exec)
        application.router.add_delete("/slow", self._slow)
        application.router.add_get("/api/v{version}/collection", self._collection)
        application.router.add_route("*", "/{path:.*}", self._echo)
        self._runner = web.AppRunner(application, shutdown_timeout=0.1)
        await self._runner.setup()
        context = self.authority.server_context() if self.authority else None
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        where = f"127.0.0.1:{self._runner.addresses[0][1]}"
        if self.authority:
            self.endpoint = Endpoint(url=f"https://{where}", ca_pem=self.authority.ca_pem, token="upstream-token")
        else:
            self.endpoint = Endpoint(url=f"http://{where}")

    async def _echo(self, request: web.Request) -> web.Response:
        told = {
            "method": request.method,
            "host": request.headers.get("Host"),
            "path": request.raw_path,
            "authorization": request.headers.get("Authorization"),
            "accept": request.headers.get("Accept"),
            "accept-encoding": request.headers.get("Accept-Encoding"),
            "content-type": request.headers.get("Content-Type"),
            "body": (await request.read()).decode(),
        }
        status = int(request.query.get("status", "200"))
        return web.json_response(told, status=status, headers={"Retry-After": "3", "Audit-Id": "x"})

    async def _collection(self, request: web.Request) -> web.Response:
        self.asked.append(request.raw_path)
        return web.json_response({"things": [{"id": number} for number in range(3)], "total_entries": 3})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for line in (b"one\n", b"two\n"):
            await response.write(line)
        await asyncio.to_thread(self.release.wait, 10)
        await response.write(b"three\n")
        return response

    async def _slow(self, request: web.Request) -> web.Response:
        self.committed.set()
        await asyncio.to_thread(self.release.wait, 10)
        return web.json_response({"deleted": True})

    async def _exec(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io", "v4.channel.k8s.io"))
        await socket.prepare(request)
        async for message in socket:
            await socket.send_bytes(b"\x01" + message.data[1:])
            break
        await socket.send_bytes(b"\x03{}")
        await socket.close()
        return socket
