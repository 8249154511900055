"""`throughline identity` with all of its commands."""

from middleware.cli import identity, review, scan

app = identity.app

scan.add_to(app)
review.add_to(app)
