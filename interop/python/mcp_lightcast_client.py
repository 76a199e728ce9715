"""mcp-lightcast, a client of Lightcast's Titles API, with its base URLs set to the service."""

import asyncio
import os

from checks import ISSUER, check, expect, finish

# What the client reads when it is loaded.
os.environ["LIGHTCAST_CLIENT_ID"] = os.environ["INTEROP_TITLES_ID"]
os.environ["LIGHTCAST_CLIENT_SECRET"] = os.environ["INTEROP_TITLES_SECRET"]
os.environ["LIGHTCAST_OAUTH_URL"] = f"{ISSUER}/connect/token"
os.environ["LIGHTCAST_BASE_URL"] = ISSUER
os.environ["SSL_CERT_FILE"] = os.environ["INTEROP_CA_FILE"]

from mcp_lightcast.apis.base import APIError, BaseLightcastClient  # noqa: E402
from mcp_lightcast.apis.titles import TitleDetail, TitleNormalizationResult, TitlesAPIClient  # noqa: E402

BaseLightcastClient.API_BASE_URLS["titles"] = f"{ISSUER}/titles"
NAME = "mcp-lightcast"
# The version that the client asks for unless told otherwise: the library was published under this number.
VERSION = "5.47"


async def run():
    async with TitlesAPIClient() as client:
        with check(NAME, "meta and versions"):
            expect((await client.get_general_metadata()).latestVersion, VERSION)
            version = await client.get_version_metadata()
            expect((version.version, version.titleCount > 4000), (VERSION, True))
            expect("mapping" in version.fields, True)
        found = []
        with check(NAME, "titles searched for"):
            found = await client.search_titles("dental hyg", limit=5)
            expect(found[0].name, "Dental Hygienist")
        with check(NAME, "one title, and several"):
            expect((await client.get_title_by_id(found[0].id)).name, found[0].name)
            several = await client.bulk_retrieve_titles([title.id for title in reversed(found)])
            expect([title.id for title in several], [title.id for title in reversed(found)])
        with check(NAME, "the hierarchy, which falls back to the title"):
            expect((await client.get_title_hierarchy(found[0].id))["name"], found[0].name)
        with check(NAME, "a raw title normalized, also as the latest version"):
            for version in (VERSION, "latest"):
                result = TitleNormalizationResult(
                    **(await client.normalize_title("Sr. Dental Hygienist (Remote)", version))["data"])
                expect((result.title.name, result.jobLevels), ("Dental Hygienist", ["senior"]))
        with check(NAME, "a raw title as plain text, with the options in the query"):
            answer = await client.post(
                f"versions/{VERSION}/normalize", data="Dental Hygienist", params={"fields": "id,name"})
            expect(TitleDetail(**answer["data"]["title"]).name, "Dental Hygienist")
        with check(NAME, "an error in the words that it reads"):
            try:
                await client.get_version_metadata("99.9")
            except APIError as error:
                expect(error.status_code, 404)
                expect(error.response_data["errors"][0]["detail"], "Unrecognized version: 99.9")
            else:
                raise AssertionError("an unknown version was found")


asyncio.run(run())
finish()
