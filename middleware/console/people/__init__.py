"""People: who somebody is, why we believe it, what they need; and putting profiles together, or taking them apart."""
