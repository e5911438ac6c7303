"""A phone's line to a server: what loads late is late each time, and not only now and then.

Chromium's own slow line will not do: once in some hundred pages it stops reading for good.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from .server import Server

DELAY = 0.06  # seconds from the browser to the server
BYTES_A_SECOND = 250_000  # from the server to the browser, shared by all connections
CHUNK = 4096
SETTLED = 0.01  # seconds in which what is under way in the loop has begun, or ended


@contextmanager
def slow_line(server: Server) -> Iterator[Server]:
    """Give the server another port of this machine, which leads to it slowly."""
    loop = asyncio.new_event_loop()  # the caller's thread may run Playwright's
    thread = Thread(target=loop.run_forever)
    thread.start()
    starting = asyncio.start_server(_Line(server).carry, server.host, 0)
    line = asyncio.run_coroutine_threadsafe(starting, loop).result()
    try:
        yield Server(*line.sockets[0].getsockname())
    finally:
        asyncio.run_coroutine_threadsafe(_hang_up(line), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _hang_up(line: asyncio.Server) -> None:
    """End all calls, those included that came in at the last moment, and see them closed."""
    line.close()
    await asyncio.sleep(SETTLED)
    while calls := asyncio.all_tasks() - {asyncio.current_task()}:
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        await asyncio.sleep(SETTLED)


class _Line:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._free = asyncio.Lock()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection, both ways, until both ends have finished."""
        ends = [writer]
        try:
            there, back = await asyncio.open_connection(self._server.host, self._server.port)
            ends.append(back)
            await asyncio.gather(self._up(reader, back), self._down(there, writer))
        except (ConnectionError, asyncio.CancelledError):
            pass  # one end has gone, or the line is hung up
        finally:
            for end in ends:
                end.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await asyncio.sleep(DELAY)
            writer.write(data)
            await writer.drain()
        writer.write_eof()

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            async with self._free:
                await asyncio.sleep(len(data) / BYTES_A_SECOND)
            writer.write(data)
            await writer.drain()
        writer.write_eof()
