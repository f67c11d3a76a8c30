"""Faults injected into real processes, and three books that say whether anything was lost or done twice."""
