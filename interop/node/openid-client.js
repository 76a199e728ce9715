// openid-client as a client of the service.
import assert from 'node:assert/strict';
import * as oauth from 'openid-client';
import { ASKER, CAMPAIGNS_URL, CLIENT, EMAIL, ISSUER, JWT_BEARER, assertion, check, refusal } from './checks.js';

const NAME = 'openid-client';

const discover = (client, way) =>
  oauth.discovery(new URL(ISSUER), client.id, {}, way(client.secret), { algorithm: 'oauth2' });

const statusOf = async (config, token, headers) =>
  (await oauth.fetchProtectedResource(config, token, CAMPAIGNS_URL, 'GET', null, new Headers(headers))).status;

await check(NAME, 'discovery', async () => {
  const server = (await discover(CLIENT, oauth.ClientSecretBasic)).serverMetadata();
  assert.equal(server.issuer, ISSUER);
  assert.equal(server.token_endpoint, `${ISSUER}/connect/token`);
});

for (const way of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
  const config = await discover(CLIENT, way);
  const asker = await discover(ASKER, way);
  let token;

  await check(NAME, `client_credentials, ${way.name}, and a call with the token`, async () => {
    const answer = await oauth.clientCredentialsGrant(config, { scope: 'videos' });
    assert.deepEqual([answer.token_type, answer.expires_in, answer.scope], ['bearer', 3600, 'videos']);
    token = answer.access_token;
    assert.equal(await statusOf(config, token), 200);
  });

  await check(NAME, `introspection, ${way.name}`, async () => {
    assert.equal((await oauth.tokenIntrospection(config, token)).client_id, CLIENT.id);
    assert.equal((await oauth.tokenIntrospection(asker, token)).token_kind, 'application');
  });

  await check(NAME, `revocation, ${way.name}`, async () => {
    await oauth.tokenRevocation(config, token);
    assert.deepEqual(await oauth.tokenIntrospection(config, token), { active: false });
    await assert.rejects(statusOf(config, token), oauth.WWWAuthenticateChallengeError);
  });

  await check(NAME, `jwt-bearer with ${way.name} beside it, and a call as the user`, async () => {
    const answer = await oauth.genericGrantRequest(config, JWT_BEARER, { assertion: await assertion() });
    assert.equal((await oauth.tokenIntrospection(config, answer.access_token)).username, EMAIL);
    assert.equal(await statusOf(config, answer.access_token, { 'X-Current-User': EMAIL }), 200);
  });

  await check(NAME, `jwt-bearer under another key is invalid_grant, ${way.name}`, async () => {
    const bad = { assertion: await assertion('0'.repeat(64)) };
    assert.equal(await refusal(() => oauth.genericGrantRequest(config, JWT_BEARER, bad)), 'invalid_grant');
  });
}

await check(NAME, 'jwt-bearer: an assertion alone', async () => {
  const config = await discover(CLIENT, oauth.None);
  const parameters = { assertion: await assertion(), scope: 'videos' };
  assert.equal((await oauth.genericGrantRequest(config, JWT_BEARER, parameters)).scope, 'videos');
});
