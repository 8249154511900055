"""What is done beside the messages: a durable queue of jobs, the runner that takes them, and one module a kind."""
