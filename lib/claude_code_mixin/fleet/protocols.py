"""Clients of one fleet that speak different protocols to the same collector."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from claude_code_mixin.fleet.exporters import HttpSink, Outcome
from claude_code_mixin.fleet.grpc_sink import GrpcSink
from claude_code_mixin.fleet.telemetry import Batch

OVER_GRPC = "grpc"
"""The workload whose processes post over gRPC."""


@dataclass(frozen=True)
class MixedSink:
    """The workload `grpc` posts over gRPC, the others over HTTP as JSON, each under its writer."""

    http: HttpSink
    grpc: GrpcSink

    @classmethod
    def to(cls, http: str, grpc: str, passwords: Mapping[str, str]) -> Self:
        """Return a sink to two ports (host:port) of a collector; raise WireError without grpcio."""
        return cls(HttpSink(f"http://{http}", passwords), GrpcSink(grpc, passwords))

    def send(self, batch: Batch) -> Outcome:
        """Post the batch once."""
        return (self.grpc if over_grpc(batch) else self.http).send(batch)


def over_grpc(batch: Batch) -> bool:
    """Whether the batch's process is one of those that post over gRPC."""
    return batch.process.partition("/")[0] == OVER_GRPC
