"""OTLP over gRPC, for collectors whose clients use it; needs the packages grpcio and opentelemetry-proto."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Mapping
from typing import Any

from claude_code_mixin.fleet import wire
from claude_code_mixin.fleet.exporters import Outcome
from claude_code_mixin.fleet.process import REQUEST_SECONDS
from claude_code_mixin.fleet.telemetry import Batch

METHODS = {
    "metrics": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    "logs": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
NOT_THERE = "failed to connect"
RECONNECT = (("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 500))
"""A client waits up to two minutes; the lab's clock runs faster than that."""
# Status codes that the OTLP specification lets a client try again after.
RETRIED = frozenset({"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "DATA_LOSS"})


class GrpcSink:
    """Posts to `target` (host:port) without TLS; `passwords` by writer, none for a server that asks for none.

    A server that is not there is told apart from a connection that broke by grpcio's own words. A context
    manager; raise WireError where grpcio is not installed.
    """

    def __init__(
        self, target: str, passwords: Mapping[str, str] | None = None, *, timeout: float = REQUEST_SECONDS
    ) -> None:
        try:
            self._grpc: Any = importlib.import_module("grpc")
        except ImportError as error:
            raise wire.WireError(
                f"OTLP over gRPC needs the package grpcio ({error}): install it, or send over HTTP"
            ) from error
        self._passwords, self._timeout = dict(passwords or {}), timeout
        self._channel = self._grpc.insecure_channel(target, options=RECONNECT)

    def send(self, batch: Batch) -> Outcome:
        """Post the batch."""
        call = self._channel.unary_unary(
            METHODS[batch.signal], request_serializer=wire.as_protobuf, response_deserializer=bytes
        )
        try:
            answer: bytes = call(batch, timeout=self._timeout, metadata=self._metadata(batch.writer))
        except self._grpc.RpcError as error:
            code = error.code().name
            if code == "RESOURCE_EXHAUSTED" or NOT_THERE in (error.details() or ""):
                return Outcome.AWAY
            return Outcome.UNKNOWN if code == "UNAVAILABLE" or code in RETRIED else Outcome.REFUSED
        return Outcome.REFUSED if wire.rejects(answer) else Outcome.ACCEPTED

    def _metadata(self, writer: str) -> list[tuple[str, str]]:
        if not self._passwords:
            return []
        login = base64.b64encode(f"{writer}:{self._passwords[writer]}".encode()).decode()
        return [("authorization", f"Basic {login}")]

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def __enter__(self) -> GrpcSink:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
