"""What every table of the settings is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the settings: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
