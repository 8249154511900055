"""Operations: how things stand, what was set aside and is put through again, and connecting the first channel."""
