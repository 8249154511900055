"""A flow as a picture: a graph of its steps, laid out in layers, drawn as SVG or written as Mermaid."""
