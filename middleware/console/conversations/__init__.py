"""Conversations: the live list, one of them as it is read, answered and handed on, by agents."""
