"""How large a source may be and how much work it may ask for.

The numbers come from measuring: at each limit, checking, compiling and rendering stay under 20 ms and 8 MiB,
and the parser and code generator of Jinja2, which recurse, stay far from Python's own limit.
"""

SOURCE_BYTES = 8 * 1024
OUTPUT_BYTES = 64 * 1024

TAGS = 48
"""`{{ ... }}` and `{% ... %}` in one source."""
TOKENS = 320
"""Words, signs and constants inside tags, in one source."""
TAG_TOKENS = 80
"""The same in one tag. The parser recurses at most once per token."""
OPEN_PARENTHESES = 6
OPEN_BLOCKS = 8
NUMBER_DIGITS = 12

TREE_DEPTH = 24
LOOP_DEPTH = 2

LIST_ITEMS = 20
"""Elements of a list that a loop or a filter looks at; lists in the context are no longer."""
WORK = 25_000
"""What one render may cost, counted on the tree: a node 1, a filter what its row says, times 20 per loop."""
RENDERS_TO_FIT = 4
"""How often a source with the filter `fit` is rendered at most, until the message fits on its channel."""
