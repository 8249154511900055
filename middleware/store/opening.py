"""The store of the settings, open: a real replica set, or the embedded server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from middleware.settings import Settings
from middleware.store.embedded import EmbeddedServer
from middleware.store.mongo import Listener, MongoStore, connect


@asynccontextmanager
async def opened_store(settings: Settings, listeners: tuple[Listener, ...]) -> AsyncIterator[MongoStore]:
    """The store, closed at the end. `listeners` see every command that goes there."""
    databases = {name: brand.database for name, brand in settings.brands.items()}
    embedded = None
    if settings.store.uri is not None:
        client = connect(settings.store.uri.get_secret_value(), listeners=listeners)
    else:
        embedded = EmbeddedServer(settings.store.data_directory / "store")
        client = connect(await embedded.open(), listeners=listeners)
    store = MongoStore(client, databases, settings.store.common_database)
    try:
        yield store
    finally:
        await store.close()
        if embedded is not None:
            await embedded.close()
