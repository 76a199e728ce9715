"""Says which links of the built book are dead, and what it would fetch from elsewhere: it is read without a network."""

import sys
import urllib.parse
from html.parser import HTMLParser
from pathlib import Path


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.fetched = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.update(attrs[name] for name in ("id", "name") if attrs.get(name))
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if tag == "link" and attrs.get("href"):
            self.fetched.append(attrs["href"])
        if tag in ("img", "script", "iframe") and attrs.get("src"):
            self.fetched.append(attrs["src"])


def main(root):
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in root.rglob("*.html")}
    found = []
    for path, page in pages.items():
        # Its links are those of the frame that it is shown in.
        if path.name in ("toc.html", "404.html"):
            continue
        for link in page.links + page.fetched:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                if link in page.fetched:
                    found.append(f"{path.relative_to(root)} fetches {link}")
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target = target / "index.html"
            known = pages.get(target)
            if not target.is_file() or not target.is_relative_to(root):
                found.append(f"{path.relative_to(root)} links to {link}, which is not there")
            elif parts.fragment and known and urllib.parse.unquote(parts.fragment) not in known.ids:
                found.append(f"{path.relative_to(root)} links to {link}, where nothing has this name")
    if len(pages) < 15:
        found.append(f"the book has {len(pages)} pages only")
    print("\n".join(found) or f"no dead link on {len(pages)} pages")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
