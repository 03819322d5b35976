"""What most people run and ask: OTLP into the Prometheus exporter, and the usual queries on it."""

from __future__ import annotations

from collections.abc import Mapping

from claude_code_mixin.fleet import scale

JOB = "widespread"
EXPIRATION = "5m"  # the Prometheus exporter's default
RATE_WINDOW = "5m"
STEP = "1m"


def collector(factor: int) -> str:
    """Return a collector configuration as tutorials show it: batch and the Prometheus exporter, all labels
    kept, deltas not accumulated; durations `factor` times shorter. Its environment is that of ours."""
    return f"""
extensions:
  health_check:
    endpoint: ${{env:CLAUDE_CODE_MIXIN_HEALTH_ENDPOINT}}
receivers:
  otlp:
    protocols:
      http:
        endpoint: ${{env:CLAUDE_CODE_MIXIN_HTTP_ENDPOINT}}
      grpc:
        endpoint: ${{env:CLAUDE_CODE_MIXIN_GRPC_ENDPOINT}}
processors:
  batch: {{}}
exporters:
  prometheus:
    endpoint: ${{env:CLAUDE_CODE_MIXIN_PROMETHEUS_ENDPOINT}}
    metric_expiration: {scale.duration(EXPIRATION, factor)}
    resource_to_telemetry_conversion:
      enabled: true
service:
  extensions: [health_check]
  telemetry:
    metrics:
      level: none
  pipelines:
    metrics:
      receivers: [otlp]
      processors: [batch]
      exporters: [prometheus]
"""


def queries(metric: str, seconds: float, factor: int, job: str = JOB) -> Mapping[str, str]:
    """Return the usual questions for the total of `metric` over the last `seconds` (wall clock), by team.

    All but `sum` are evaluated once over the whole time, `rate` is a panel's line summed up.
    """
    window = f"{seconds * 1000:.0f}ms"
    rate, step = scale.duration(RATE_WINDOW, factor), scale.duration(STEP, factor)
    selected = f'{metric}{{job="{job}"}}'
    step_seconds = scale.milliseconds(step) / 1000
    return {
        "increase": f"sum by (team_id) (increase({selected}[{window}]))",
        "rate": (
            f"sum by (team_id) (sum_over_time(rate({selected}[{rate}])[{window}:{step}])) * {step_seconds}"
        ),
        "max_over_time": f"sum by (team_id) (max_over_time({selected}[{window}]))",
        "sum": f"sum by (team_id) ({selected})",
    }


QUERIES = ("increase", "rate", "max_over_time", "sum")
