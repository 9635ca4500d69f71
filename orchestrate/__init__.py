"""Run the tap for many accounts: what to run, how, and how to join what was run in parts.

An engine that exists distributes, queues, retries and limits the runs: `docs/scale.md`.
"""
