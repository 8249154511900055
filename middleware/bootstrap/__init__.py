"""The composition root: the one place that knows every part. Settings in, a running installation out.

To follow a message, read on in this order: `web/webhooks.py` (receive), `pipeline/accept.py` (verify, normalise,
accept), `worker.py` (lanes), `pipeline/path.py` (all stages after the acknowledgement); beside it, `jobs/`.
"""
