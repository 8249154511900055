"""HTTP: webhooks, the context API, health and metrics. Translates requests; decides nothing."""
