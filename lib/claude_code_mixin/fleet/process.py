"""One real server as a child process: started, made ready, paused, killed and started again, in bounds."""

from __future__ import annotations

import atexit
import os
import random
import signal
import socket
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import requests

TOOLS_VARIABLE = "CLAUDE_CODE_MIXIN_TOOLS_DIR"
READY_SECONDS = 60.0
REQUEST_SECONDS = 30.0
STOP_SECONDS = 15.0
LOG_TAIL_LINES = 12
# Below the ports that Linux (32768) and macOS (49152) hand to outgoing connections: a port found free here
# stays free until the server binds it.
PORTS = range(20000, 32000)

_taken: set[int] = set()
_lock = Lock()


class ServerError(Exception):
    """A server was not found, did not become ready, refused a request, or died; one sentence says why."""


def tools_folder() -> Path:
    """Return the folder of the servers' programs: $CLAUDE_CODE_MIXIN_TOOLS_DIR, else the nearest `.tools`.

    Nearest means above the working directory, then above this file. Raise ServerError when there is none.
    """
    told = os.environ.get(TOOLS_VARIABLE)
    if told:
        return Path(told)
    here = Path(__file__).resolve()
    for folder in (Path.cwd(), *Path.cwd().parents, *here.parents):
        if (folder / ".tools").is_dir():
            return folder / ".tools"
    raise ServerError(
        f"there is no .tools folder above {Path.cwd()}: run tools/install.py, or set {TOOLS_VARIABLE} to a "
        "folder that holds the programs"
    )


def tool(name: str) -> Path:
    """Return the program `name` of the tools folder; raise ServerError when it is not there."""
    program = tools_folder() / name
    if not program.is_file():
        raise ServerError(f"{program} is missing: run tools/install.py")
    return program


def free_port() -> int:
    """Return a loopback TCP port that nobody listens on and that this process has not handed out before."""
    with _lock:
        for port in random.sample(PORTS, 200):
            if port not in _taken and _can_bind(port):
                _taken.add(port)
                return port
    raise ServerError(f"200 ports between {PORTS.start} and {PORTS.stop} were tried and none is free")


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


class Server(ABC):
    """A server process with its data, configuration and log in `folder`; a context manager.

    `start()` after `stop()` or `kill9()` uses the same ports and data. Only the process started here is ever
    signalled, by its process id.
    """

    program: str
    environment: dict[str, str]

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.log = folder / f"{self.program}.log"
        self.port = free_port()
        self.environment = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The base URL of the server's HTTP interface."""
        return f"http://127.0.0.1:{self.port}"

    @abstractmethod
    def arguments(self) -> list[str]:
        """Write what the server reads at start and return its command line without the program."""

    @abstractmethod
    def ready_url(self) -> str:
        """Return the URL that answers 200 as soon as the server is ready."""

    def start(self) -> Self:
        """Start the process and wait until it is ready; raise ServerError with the log's tail if not."""
        if self._process is not None:
            raise ServerError(f"{self.program} at {self.url} runs already: stop it first")
        command = [str(tool(self.program)), *self.arguments()]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - a program of the tools folder
                command,
                cwd=self.folder,
                env=os.environ | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        atexit.register(self.kill9)
        self._wait_until_ready(self._process)
        return self

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self.kill9()
                raise ServerError(f"{self.program} ended at start ({process.returncode}): {self.tail()}")
            try:
                if requests.get(self.ready_url(), timeout=1).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.05)
        self.kill9()
        raise ServerError(f"{self.program} was not ready within {READY_SECONDS:g} s: {self.tail()}")

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The process id; raise ServerError when it does not run."""
        return self._running().pid

    def stop(self) -> None:
        """Ask the process to end, kill it when that takes longer than STOP_SECONDS; no-op when it is gone."""
        self._end(signal.SIGTERM)

    def kill9(self) -> None:
        """Kill the process without notice, as a crash or the out-of-memory killer would; then collect it."""
        self._end(signal.SIGKILL)

    def _end(self, first: signal.Signals) -> None:
        process, self._process = self._process, None
        atexit.unregister(self.kill9)
        if process is None or process.poll() is not None:
            return
        process.send_signal(first)
        process.send_signal(signal.SIGCONT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_SECONDS)

    def pause(self) -> None:
        """Freeze the process: it keeps its connections and answers nothing until `resume()`."""
        process = self._running()
        process.send_signal(signal.SIGSTOP)
        # The signal works when it is delivered, not when it is sent: an answer may slip out in between.
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            raise ServerError(f"{self.program} at {self.url} ended instead of pausing: {self.tail()}")

    def resume(self) -> None:
        """Let a paused process go on."""
        self._running().send_signal(signal.SIGCONT)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            raise ServerError(f"{self.program} at {self.url} does not run: {self.tail()}")
        return self._process

    def tail(self) -> str:
        """Return the last lines of the server's log as one line of text."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return " | ".join(text.splitlines()[-LOG_TAIL_LINES:]) or "its log is empty"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def answer(response: requests.Response, what: str) -> requests.Response:
    """Return `response` if it is a success; raise ServerError naming `what` was asked and what came back."""
    if not response.ok:
        raise ServerError(f"{what} was answered with {response.status_code}: {response.text.strip()[:400]}")
    return response


def write_rules(folder: Path, rules: Mapping[str, str]) -> None:
    """Make `*.rules.yaml` of `folder` exactly `rules`: file names, of any folder, to texts."""
    for stale in folder.glob("*.rules.yaml"):
        stale.unlink()
    for name, text in rules.items():
        (folder / f"{Path(name).name.removesuffix('.rules.yaml')}.rules.yaml").write_text(text, "utf-8")
