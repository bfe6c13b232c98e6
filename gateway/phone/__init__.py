"""The soft phone: an element for anybody's page, and a page to try it, served as they are."""
