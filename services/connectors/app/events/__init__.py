"""The normalized event and the shapes that Activity Log records come in."""
