"""Simulated days: callers, agents and faults from a seed, the real engine and runtime over the simulated PBX on virtual
time, checked after every event. `hotline simulate` runs them."""
