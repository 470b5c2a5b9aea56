"""A server that completes chats without thinking, or after a fixed time as if it had thought.

`python stub.py REPLY [SECONDS]` serves on a free port of this machine, prints the port, and ends when its input does.
In the reply, `%N` stands for the number of the request. Four bytes of a request count as a token.
"""

import asyncio
import json
import sys

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


def answers(reply: str) -> tuple[bytes, bytes]:
    """Return the bodies of the answers to a chat and to a list of the models."""
    choice = {"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 987654321, "completion_tokens": 60, "total_tokens": 987654321}
    chat = {"id": "c1", "object": "chat.completion", "created": 1, "model": "stub", "choices": [choice], "usage": usage}
    models = {"object": "list", "data": [{"id": "stub", "object": "model", "owned_by": "vllm", "max_model_len": 32768}]}
    return json.dumps(chat).encode(), json.dumps(models).encode()


async def _serve(reply: str, seconds: float) -> None:
    chat, models = answers(reply)
    number = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal number
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
                break
            lines = head.lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            body = models
            if b"/tokenize " in head:
                body = b'{"count": %d}' % (length // 4)
            elif not head.startswith(b"GET"):
                number += 1
                body = chat.replace(b"%N", b"%d" % number).replace(b"987654321", b"%d" % (length // 4))
                if seconds:
                    await asyncio.sleep(seconds)
            writer.write(_HEAD % (len(body), body))
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0))
