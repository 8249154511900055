"""The tests: unit, contract, integration, scenarios; each mirrors the packages it is about."""
