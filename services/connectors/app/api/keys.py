"""The keys that protect connectors' secrets, by name, and their rotation."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app.api.fields import Facts
from app.collection.keys import list_keys, rotate_keys
from app.web.access import Administering

router = APIRouter(tags=["keys"])


class Key(BaseModel):
    """A key; itself it is never told."""

    name: str = Field(examples=["k1a2b3c4d"])
    primary: bool = Field(description="Whether it encrypts what is stored from now on; all others only decrypt.")
    protects: int = Field(description="How many connectors' secrets are encrypted with it.")


class Keys(BaseModel):
    """The key ring."""

    items: list[Key]


class Rotated(BaseModel):
    """What a rotation did."""

    reencrypted: int = Field(description="Connectors whose secrets are encrypted with the new key.")


@router.get("/keys", response_model=Keys)
async def read_keys(service: Administering) -> Facts:
    """List the keys, the primary one first."""
    return {"items": [vars(key) for key in await list_keys(service)]}


@router.post("/keys/rotate", response_model=Rotated)
async def rotate(service: Administering) -> Facts:
    """Make a new key and encrypt every connector's secrets with it. Afterwards back the key ring up."""
    return {"reencrypted": await rotate_keys(service)}
