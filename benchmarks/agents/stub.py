"""A server that completes chats without thinking: it answers each request with the same bytes.

`python stub.py REPLY` serves on a free port of this machine, prints the port, and ends when its input does.
"""

import asyncio
import json
import sys

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"


def answers(reply: str) -> tuple[bytes, bytes]:
    """Return the whole answers to a chat and to a list of the models."""
    choice = {"index": 0, "message": {"role": "assistant", "content": reply}, "finish_reason": "stop"}
    details = {"cached_tokens": 2400}
    usage = {"prompt_tokens": 2500, "completion_tokens": 120, "total_tokens": 2620, "prompt_tokens_details": details}
    chat = {"id": "c1", "object": "chat.completion", "created": 1, "model": "stub", "choices": [choice], "usage": usage}
    models = {"object": "list", "data": [{"id": "stub", "object": "model", "owned_by": "vllm", "max_model_len": 32768}]}
    one, other = (json.dumps(value).encode() for value in (chat, models))
    return _HEAD % (len(one), one), _HEAD % (len(other), other)


async def _serve(reply: str) -> None:
    chat, models = answers(reply)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            lines = head.lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            writer.write(models if head.startswith(b"GET") else chat)
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
