// What the clients for Node share: who they are, and one line for each check.
import assert from 'node:assert/strict';
import { SignJWT } from 'jose';

export const ISSUER = process.env.INTEROP_ISSUER;
export const CAMPAIGNS_URL = new URL(`${ISSUER}/videos/campaigns`);
export const CLIENT = { id: process.env.INTEROP_CLIENT_ID, secret: process.env.INTEROP_CLIENT_SECRET };
// A client that may ask about the tokens of others.
export const ASKER = { id: process.env.INTEROP_ASKER_ID, secret: process.env.INTEROP_ASKER_SECRET };
// A client whose pair has characters that HTTP Basic must encode (RFC 6749 section 2.3.1).
export const ODD = { id: process.env.INTEROP_ODD_ID, secret: process.env.INTEROP_ODD_SECRET };
export const EMAIL = 'jean.dupont@site';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Says how it went; one failure does not stop the others. */
export async function check(library, what, run) {
  try {
    await run();
    console.log(`ok    ${library}: ${what}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL  ${library}: ${what}: ${error.stack}`, error.cause ?? '');
  }
}

/** An assertion for the user, under the secret of the client. */
export function assertion(secret = CLIENT.secret) {
  return new SignJWT({ email: EMAIL, name: 'Jean Dupont' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(CLIENT.id)
    .setSubject('TalentSoftMarketPlace')
    .setAudience(ISSUER)
    .setIssuedAt()
    .setExpirationTime('20m')
    .sign(new TextEncoder().encode(secret));
}

/** The error code with which the call is refused. */
export async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return error.error ?? error;
  }
  return assert.fail('it was accepted');
}
