"""Say which keys a configuration file has, and what they take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from .bots import BotSpec, LimitsSpec
from .flows import FlowSpecs
from .intents import IntentSpecs
from .routes import RouteSpec
from .words import OPEN, OPEN_VALUE, Lists, Name, Spec, Words


class PackSpec(Spec):
    """Hold a named list of routes that bots include, with the intents that they look for; and flows."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["routes"]}, {"required": ["flows"]}]})

    intents: IntentSpecs = {}
    flows: FlowSpecs = {}
    routes: Annotated[list[RouteSpec], Field(min_length=1)] = []


class RetentionSpec(Spec):
    """Say how long finished events are kept."""

    ids_days: Annotated[
        int, Field(ge=1, le=3650, description="How long an event id is remembered to spot doubles.")
    ] = 30
    bodies_days: Annotated[int, Field(ge=0, le=3650, description="How long the text of finished events is kept.")] = 30


class FileSpec(Spec):
    """Hold a whole bot.yaml, or several that were merged."""

    version: Annotated[Literal["1"], OPEN_VALUE]
    store: Annotated[
        str, Field(description="Where events are kept: sqlite:///FILE, or postgresql://USER@HOST/DATABASE.")
    ] = "sqlite:///hookline.db"
    listen_url: Annotated[
        str | None, Field(description="The way past a transaction pooler that `store` leads to: postgresql://…")
    ] = None
    limits: Annotated[LimitsSpec, Field(description="How much may go on at once."), OPEN] = LimitsSpec()
    retention: Annotated[RetentionSpec, OPEN] = RetentionSpec()
    lists: Annotated[Lists, OPEN] = {}
    allow_outside: Annotated[
        Words,
        Field(description="Files, and folders of files, that replies may name though they are outside this folder."),
        OPEN,
    ] = []
    packs: Annotated[dict[Name, PackSpec], Field(description="Routes that bots share."), OPEN] = {}
    bots: Annotated[dict[Name, BotSpec], Field(min_length=1, description="The bots, by name.")]


class PartSpec(FileSpec):
    """Hold one of several files: the bots may all stand in another."""

    bots: Annotated[dict[Name, BotSpec], Field(min_length=1)] = {}


class PluginFileSpec(Spec):
    """Hold a plugin's routes.yaml: the pack that has the plugin's name."""

    version: Literal["1"] = "1"
    intents: Annotated[IntentSpecs, OPEN] = {}
    flows: Annotated[FlowSpecs, OPEN] = {}
    routes: Annotated[list[RouteSpec], Field(min_length=1), OPEN] = []
