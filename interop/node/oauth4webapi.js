// oauth4webapi as a client of the service.
import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { ASKER, CAMPAIGNS_URL, CLIENT, EMAIL, ISSUER, JWT_BEARER, ODD, assertion, check, refusal } from './checks.js';

const NAME = 'oauth4webapi';
const client = { client_id: CLIENT.id };
const asker = { client_id: ASKER.id };

const server = await oauth
  .discoveryRequest(new URL(ISSUER), { algorithm: 'oauth2' })
  .then((response) => oauth.processDiscoveryResponse(new URL(ISSUER), response));

const grantCredentials = async (at, authentication, parameters, as = client) =>
  oauth.processClientCredentialsResponse(
    at,
    as,
    await oauth.clientCredentialsGrantRequest(at, as, authentication, parameters),
  );

const grantAssertion = async (authentication, secret) =>
  oauth.processGenericTokenEndpointResponse(
    server,
    client,
    await oauth.genericTokenEndpointRequest(server, client, authentication, JWT_BEARER, {
      assertion: await assertion(secret),
    }),
  );

const introspect = async (as, authentication, token) =>
  oauth.processIntrospectionResponse(
    server,
    as,
    await oauth.introspectionRequest(server, as, authentication, token),
  );

const statusOf = async (token, headers) =>
  (await oauth.protectedResourceRequest(token, 'GET', CAMPAIGNS_URL, new Headers(headers))).status;

await check(NAME, 'discovery', () => {
  assert.equal(server.token_endpoint, `${ISSUER}/connect/token`);
  assert.deepEqual(server.grant_types_supported, ['client_credentials', JWT_BEARER]);
});

for (const way of [oauth.ClientSecretBasic, oauth.ClientSecretPost]) {
  const own = way(CLIENT.secret);
  let token;

  await check(NAME, `client_credentials, ${way.name}, and a call with the token`, async () => {
    const answer = await grantCredentials(server, own, { scope: 'videos' });
    assert.deepEqual([answer.token_type, answer.expires_in, answer.scope], ['bearer', 3600, 'videos']);
    token = answer.access_token;
    assert.equal(await statusOf(token), 200);
  });

  await check(NAME, `client_credentials with a pair that must be encoded, ${way.name}`, async () => {
    const answer = await grantCredentials(server, way(ODD.secret), {}, { client_id: ODD.id });
    assert.equal(answer.scope, 'videos assessments');
  });

  await check(NAME, `introspection, ${way.name}`, async () => {
    assert.equal((await introspect(client, own, token)).client_id, CLIENT.id);
    assert.equal((await introspect(asker, way(ASKER.secret), token)).token_kind, 'application');
  });

  await check(NAME, `revocation, ${way.name}`, async () => {
    await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, own, token));
    assert.deepEqual(await introspect(client, own, token), { active: false });
    await assert.rejects(statusOf(token), oauth.WWWAuthenticateChallengeError);
  });

  await check(NAME, `jwt-bearer with ${way.name} beside it, and a call as the user`, async () => {
    const answer = await grantAssertion(own);
    assert.equal((await introspect(client, own, answer.access_token)).username, EMAIL);
    assert.equal(await statusOf(answer.access_token, { 'X-Current-User': EMAIL }), 200);
  });

  await check(NAME, `jwt-bearer under another key is invalid_grant, ${way.name}`, async () => {
    assert.equal(await refusal(() => grantAssertion(own, '0'.repeat(64))), 'invalid_grant');
  });

  await check(NAME, `a scope that the client may not have is invalid_scope, ${way.name}`, async () => {
    assert.equal(await refusal(() => grantCredentials(server, own, { scope: 'admin' })), 'invalid_scope');
  });
}

await check(NAME, 'jwt-bearer: an assertion alone', async () => {
  assert.equal((await grantAssertion(oauth.None())).token_type, 'bearer');
});

await check(NAME, "Talentsoft's dialect at /token", async () => {
  const dialect = { ...server, token_endpoint: `${ISSUER}/token` };
  const answer = await grantCredentials(dialect, oauth.ClientSecretPost(CLIENT.secret), {});
  assert.deepEqual([answer.token_type, answer.expires_in], ['bearer', 3600]);
});
