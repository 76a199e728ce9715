// oidc-provider as the company's identity provider of the console, and a browser that signs in there.
import assert from 'node:assert/strict';
import Provider from 'oidc-provider';
import { check } from './checks.js';

const NAME = 'oidc-provider';
const { INTEROP_CONSOLE: CONSOLE, INTEROP_PROVIDER: ISSUER, INTEROP_PROVIDER_SECRET: SECRET } = process.env;

const provider = new Provider(ISSUER, {
  clients: [
    {
      client_id: 'console',
      client_secret: SECRET,
      redirect_uris: [`${CONSOLE}/sign-in/company/callback`],
      response_types: ['code'],
      grant_types: ['authorization_code'],
    },
  ],
  pkce: { required: () => true },
  cookies: { keys: ['a key for one run'] },
  // Asks for a name, and believes it: the account is the name.
  features: { devInteractions: { enabled: true } },
});
const server = provider.listen(Number(new URL(ISSUER).port), '127.0.0.1');

/** A browser: cookies by host, and no redirect that it does not see. */
class Browser {
  cookies = new Map();

  async ask(url, options = {}) {
    const { host, origin } = new URL(url);
    const jar = this.cookies.get(host) ?? new Map();
    const cookie = [...jar].map((pair) => pair.join('=')).join('; ');
    const headers = { cookie, ...options.headers };
    if (options.method === 'POST') Object.assign(headers, { origin, 'sec-fetch-site': 'same-origin' });
    const response = await fetch(url, { redirect: 'manual', ...options, headers });
    for (const line of response.headers.getSetCookie()) {
      const [name, value] = line.split(';')[0].split(/=(.*)/s);
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    this.cookies.set(host, jar);
    return response;
  }

  /** Goes where it is led until a page is shown. */
  async open(url, options) {
    let response = await this.ask(url, options);
    while (response.status === 302 || response.status === 303) {
      url = new URL(response.headers.get('location'), url).href;
      response = await this.ask(url);
    }
    return { url, status: response.status, body: await response.text() };
  }

  /** Signs in at the provider, and agrees to whatever it asks. */
  async signIn(path, login) {
    let page = await this.open(`${CONSOLE}${path}`);
    while (page.url.startsWith(ISSUER)) {
      const action = /<form[^>]* action="([^"]+)"/.exec(page.body)[1];
      const prompt = /name="prompt" value="([^"]+)"/.exec(page.body)[1];
      const body = new URLSearchParams({ prompt, login, password: 'any' });
      page = await this.open(new URL(action, page.url).href, { method: 'POST', body });
    }
    return page;
  }
}

await check(NAME, 'a person who is linked signs in', async () => {
  const browser = new Browser();
  const page = await browser.signIn('/sign-in/company', 'lena');
  assert.equal(page.status, 200, page.body);
  assert.match(page.body, /http-equiv="refresh"/);
  const staff = await browser.open(`${CONSOLE}/staff`);
  assert.match(staff.body, /Lena Roth/);
  assert.doesNotMatch(staff.url, /sign-in/);
});

await check(NAME, 'a person whom nobody linked does not', async () => {
  const page = await new Browser().signIn('/sign-in/company', 'somebody');
  assert.equal(page.status, 403);
  assert.match(page.body, /These details do not match/);
});

await check(NAME, 'being asked again needs a sign-in at this moment', async () => {
  const browser = new Browser();
  await browser.signIn('/sign-in/company', 'lena');
  const before = browser.cookies.get(new URL(CONSOLE).host).get('partner_console');
  const page = await browser.signIn('/confirm', 'lena');
  assert.equal(page.status, 200, page.body);
  const after = browser.cookies.get(new URL(CONSOLE).host).get('partner_console');
  assert.notEqual(after, before);
});

await check(NAME, 'a refusal at the provider signs nobody in', async () => {
  const browser = new Browser();
  const { headers } = await browser.ask(`${CONSOLE}/sign-in/company`);
  const { searchParams } = new URL(headers.get('location'));
  const query = new URLSearchParams({ error: 'access_denied', state: searchParams.get('state'), iss: ISSUER });
  const page = await browser.open(`${CONSOLE}/sign-in/company/callback?${query}`);
  assert.equal(page.status, 403);
});

server.close();
server.closeAllConnections();
