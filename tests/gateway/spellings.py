"""Ways to spell what stands behind a host. Who signs an address, or reads it, goes by its letters."""

from typing import Final

QUERIES: Final = (
    "?sig=a%2Fb%2Bc%3D&x=%40y",
    "?a=+b%20c&&d",
    "?[x]=(y)'*",
    "?q=%7E~%41a",
    "?q=%e4%E4",
    "?a=b=c&=d&e",
    "?q=?/:@!$,;",
)
TAILS: Final = (
    *QUERIES,
    "/%41/../%7e?%2f",
    "/a//b/./c/?q=?/",
    "/%2e%2e/%2F%5c",
    "/a;b=c,d/(e)'*!$&+=:@",
    "/~u/%7Eu/",
)
