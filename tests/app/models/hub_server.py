"""As much of the Hugging Face hub as a download needs, on this computer."""

import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "1" * 40


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, _request: object, _address: object) -> None:
        """A reader that went away is what some tests are about."""


class HubServer:
    """``files`` by repository and name. ``cut_after`` ends the next answer after so many bytes,
    ``lies`` gives wrong hashes, ``log`` keeps (path, Range) of every request for a file.
    """

    def __init__(self, files: dict[str, dict[str, bytes]], licence: str = "openrail") -> None:
        self.files = files
        self.licence = licence
        self.cut_after: int | None = None
        self.lies = False
        self.slow = 0.0
        self.log: list[tuple[str, str | None]] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def info(self, repository: str) -> dict:
        siblings = []
        for name, content in self.files[repository].items():
            sha1 = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            item = {"rfilename": name, "size": len(content), "blobId": sha1}
            if name.endswith((".safetensors", ".ckpt", ".bin")):
                digest = hashlib.sha256(b"another" if self.lies else content).hexdigest()
                item["lfs"] = {"size": len(content), "sha256": digest, "pointerSize": 130}
            siblings.append(item)
        return {"id": repository, "sha": COMMIT, "siblings": siblings, "tags": [],
                "cardData": {"license": self.licence}, "private": False, "gated": False,
                "downloads": 1, "likes": 1}  # fmt: skip

    def _handler(server: "HubServer") -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_args: object) -> None:
                pass

            def do_GET(self) -> None:
                parts = unquote(urlsplit(self.path).path).strip("/").split("/")
                if parts[0] == "api":
                    self._info("/".join(parts[2:4]))
                    return
                if parts[0] == "datasets":
                    parts = parts[1:]
                self._file("/".join(parts[:2]), "/".join(parts[4:]))

            def _info(self, repository: str) -> None:
                if repository not in server.files:
                    self._answer(404, b"{}", **{"X-Error-Code": "RepoNotFound"})
                    return
                body = json.dumps(server.info(repository)).encode()
                self._answer(200, body, **{"Content-Type": "application/json"})

            def _file(self, repository: str, name: str) -> None:
                wanted = self.headers.get("Range")
                server.log.append((name, wanted))
                content = server.files.get(repository, {}).get(name)
                if content is None:
                    self._answer(404, b"", **{"X-Error-Code": "EntryNotFound"})
                    return
                begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
                rest = content[begin:]
                status = 206 if wanted else 200
                total = len(content)
                told = {"Content-Range": f"bytes {begin}-{total - 1}/{total}"} if wanted else {}
                self._answer(status, rest, **told)

            def _answer(self, status: int, body: bytes, **headers: str) -> None:
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                cut, server.cut_after = server.cut_after, None
                if cut is not None and len(body) > cut:
                    self.wfile.write(body[:cut])
                    self.close_connection = True
                    self.connection.close()
                    return
                if cut is not None:
                    server.cut_after = cut
                self._write(body)

            def _write(self, body: bytes) -> None:
                step = 2**16 if server.slow else max(len(body), 1)
                for begin in range(0, len(body), step):
                    try:
                        self.wfile.write(body[begin : begin + step])
                    except OSError:
                        return
                    time.sleep(server.slow)

        return Handler
