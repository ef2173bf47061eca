"""Figures for Prometheus: an observer of the engine, a look at it when scraped, and the port where both are read."""

from acd.metrics.ami import AmiMetrics
from acd.metrics.calls import CallMetrics
from acd.metrics.loop_lag import LoopLag
from acd.metrics.metrics import Metrics

__all__ = ["AmiMetrics", "CallMetrics", "LoopLag", "Metrics"]
