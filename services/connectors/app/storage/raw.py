"""Raw bytes at rest: each record is an LZ4 frame, which any lz4 tool opens; older rows hold the bytes as they came."""

import lz4.frame

# The frame's magic number (the LZ4 frame format). No JSON begins so.
_MAGIC = b"\x04\x22\x4d\x18"


def packed(raw: bytes) -> bytes:
    """Return what is stored of a record's bytes."""
    frame: bytes = lz4.frame.compress(raw, block_size=lz4.frame.BLOCKSIZE_MAX64KB)
    return frame


def unpacked(stored: bytes) -> bytes:
    """Return a record's bytes exactly as they were received."""
    if not stored.startswith(_MAGIC):
        return stored
    raw: bytes = lz4.frame.decompress(stored)
    return raw
