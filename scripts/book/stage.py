"""Puts the documents, in the folders that they have in the repository, and what they link to, where mdBook reads them."""

import re
import shutil
import sys
from pathlib import Path

# A link of Markdown to a file: neither to another host nor within the page.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")


def copy(source, root, staged):
    target = staged / source.relative_to(root)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    return target


def main(root, staged):
    pages = [*root.glob("docs/*.md"), *root.glob("docs/tutorials/*.md")]
    pages = [page for page in pages if page.name != "SUMMARY.md"]
    pages += [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    summary = (root / "docs/SUMMARY.md").read_text(encoding="utf-8")
    for page in pages:
        name = page.relative_to(root / "docs") if page.is_relative_to(root / "docs") else page.relative_to(root)
        if f"({name})" not in summary:
            sys.exit(f"docs/SUMMARY.md has not {page.relative_to(root)}")
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link).resolve()
            if target.is_file() and target.is_relative_to(root) and target not in pages:
                # What is no chapter is shown as it is, and a file that begins with a dot would be left out.
                staged_file = copy(target, root, staged)
                if target.suffix == ".md":
                    staged_file.rename(staged_file.with_suffix(".txt"))
                elif target.name.startswith("."):
                    staged_file.rename(staged_file.with_name(target.name[1:]))
        text = copy(page, root, staged).read_text(encoding="utf-8")
        # The first page of a book is its index; the others are as above.
        text = text.replace("](../README.md", "](../index.html").replace("](../.env.", "](../env.")
        text = text.replace("market-data/SOURCES.md", "market-data/SOURCES.txt")
        (staged / page.relative_to(root)).write_text(text, encoding="utf-8")
    of_docs = re.compile(r"\]\((?!README|CONTRIBUTING|CHANGELOG)")
    (staged / "SUMMARY.md").write_text(of_docs.sub("](docs/", summary), encoding="utf-8")


if __name__ == "__main__":
    main(Path.cwd(), Path(sys.argv[1]))
