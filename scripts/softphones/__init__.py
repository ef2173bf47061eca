"""The people around the switch: real SIP phones for agents and callers, for tests, demo and benchmarks.

`farm` drives pjsua2 softphones that live in worker processes; `sipp` runs sipp scenarios where numbers count.
"""
