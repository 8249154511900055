"""Where `make node-bots` has put the bots that others wrote in JavaScript."""

import sys
from pathlib import Path

NODE_BOTS = Path(sys.prefix) / "node"
