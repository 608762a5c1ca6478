"""Tokens of links that mails carry. Only a digest is stored: whoever reads the database can use no link."""

import hashlib
import secrets


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token and looked up for one."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
