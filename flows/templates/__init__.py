"""Templates: the text of one reply in all its locales, checked when loaded and rendered for one channel."""

from flows.templates.loading import Form, Template, load_template
from flows.templates.rendering import locale_chain, render

__all__ = ["Form", "Template", "load_template", "locale_chain", "render"]
