"""What Throughline costs, measured side by side on the machine at hand: `make bench`, or `python -m tests.benchmarks`.

Read `__main__.py` first. What is measured stands in `ingress.py`, `turns.py`, `working.py` and `memory.py`; who takes
part in it, each in a process of its own, in `servers.py`, `ours.py` and `customers.py`.
"""
