"""Templates: the text of one reply in all its locales, checked when loaded and rendered for one channel."""

from flows.templates.loading import Content, Form, Template, check_template, load_template
from flows.templates.rendering import Reader, locale_chain, render, shortfall

__all__ = [
    "Content",
    "Form",
    "Reader",
    "Template",
    "check_template",
    "load_template",
    "locale_chain",
    "render",
    "shortfall",
]
