"""Metrics for Prometheus.

May import `server.core` and the status types of `gpu_pool`; never Flask.
"""
