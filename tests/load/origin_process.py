"""A server in a process of its own, so that it can be killed: origin_process.py HOST PORT NAME.

/hold waits for /release (which frees all that wait), /big/<n> answers n bytes, /trickle writes its answer byte by
byte, anything else answers NAME."""
import asyncio
import sys

HOST, PORT, NAME = sys.argv[1], int(sys.argv[2]), sys.argv[3].encode()
held = []
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(NAME), NAME)
BLOCK = b"0123456789abcdef" * 4096


class Server(asyncio.Protocol):
    def __init__(self):
        self.unread = b""
        self.body = 0
        self.free = asyncio.Event()
        self.free.set()

    def connection_made(self, transport):
        self.transport = transport

    def pause_writing(self):
        self.free.clear()

    def resume_writing(self):
        self.free.set()

    def data_received(self, data):
        self.unread += data
        try:
            self.consume()
        except (ValueError, IndexError):  # a test that mutates bodies got something odd through: no server for it
            self.transport.close()

    def consume(self):
        while True:
            if self.body:
                eaten = min(self.body, len(self.unread))
                self.unread, self.body = self.unread[eaten:], self.body - eaten
                if self.body:
                    return
            end = self.unread.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self.unread[:end].lower()
            if b"transfer-encoding: chunked" in head:
                end = self.unread.find(b"\r\n\r\n", end + 4)  # chunks of these tests hold no empty line
                if end < 0:
                    return
            self.unread = self.unread[end + 4:]
            at = head.find(b"content-length: ")
            if at >= 0:
                self.body = int(head[at + 16:].split(b"\r\n")[0])
            self.answer(head.split(b" ")[1])

    def answer(self, target):
        if target.startswith(b"/hold"):
            held.append(self.transport)
        elif target == b"/held":
            text = b"%d" % len(held)
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(text), text))
        elif target == b"/release":
            for transport in held:
                transport.write(ANSWER)
            held.clear()
            self.transport.write(ANSWER)
        elif target.startswith(b"/big/"):
            asyncio.ensure_future(self.big(int(target[5:])))
        elif target == b"/trickle":
            asyncio.ensure_future(self.trickle())
        else:
            self.transport.write(ANSWER)

    async def big(self, count):
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % count)
        while count and not self.transport.is_closing():
            await self.free.wait()
            piece = BLOCK[:count]
            self.transport.write(piece)
            count -= len(piece)

    async def trickle(self):
        for at in range(len(ANSWER)):
            self.transport.write(ANSWER[at:at + 1])
            await asyncio.sleep(0.001)


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, HOST, PORT, backlog=16384, reuse_address=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
