"""Which user agents are robots, by the kept-up list of crawler-user-agents. Pure."""

from functools import lru_cache

import crawleruseragents


@lru_cache(maxsize=50_000)
def is_robot(user_agent: str) -> bool:
    """Whether the list knows this user agent; no user agent at all is no robot."""
    return bool(user_agent) and bool(crawleruseragents.is_crawler(user_agent))
