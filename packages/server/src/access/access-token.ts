import { createHash, hkdfSync, randomUUID, timingSafeEqual } from 'node:crypto';
import { jwtVerify, SignJWT } from 'jose';
import { JOSEError } from 'jose/errors';
import * as v from 'valibot';
import { label, SPEAKERS, uuid, wholeNumber } from '../wire/scalars.ts';
import { NO_QUOTA } from '../stores/session-gate.ts';
import { SCOPES, type Access, type AccessScope } from './access.ts';

/** Who the tokens are for; a token made for another service with the same secret is not ours. */
const TOKEN_AUDIENCE = 'turntape';
/** The only algorithm that is made or taken. */
const ALGORITHM = 'HS256';
/** Clocks of two machines may differ by this much, in seconds. */
const CLOCK_SECONDS = 5;
/** What a token allows in a session when it does not say. A day of speech is some 20,000 segments. */
const DEFAULT_QUOTA = Object.freeze({ maxSegments: 20_000, maxBytes: 4 * 1024 ** 3 });

/** Tells who a bearer token is of; undefined for one that is not good, whatever the reason. */
export type VerifyToken = (token: string) => Promise<Access | undefined>;

const words = v.pipe(
  v.string(),
  v.transform((text) => text.split(' ')),
);

const claims = v.object({
  sub: label,
  jti: v.optional(label),
  session_id: v.union([v.literal('*'), uuid]),
  scope: v.pipe(words, v.array(v.picklist(SCOPES)), v.minLength(1)),
  iat: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  exp: wholeNumber(0, Number.MAX_SAFE_INTEGER),
  max_segments: v.optional(wholeNumber(0), DEFAULT_QUOTA.maxSegments),
  max_bytes: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER), DEFAULT_QUOTA.maxBytes),
  speakers: v.optional(v.pipe(words, v.array(v.picklist(SPEAKERS))), SPEAKERS.join(' ')),
});

/** What a token is made of. */
export interface TokenFacts {
  /** Who it is for: the app's user or service. */
  subject: string;
  /** A session's id, or `*`. */
  sessionId: string;
  scopes: readonly AccessScope[];
  /** How long it is good, in seconds. */
  seconds: number;
  maxSegments?: number | undefined;
  maxBytes?: number | undefined;
  /** Whose audio it may send. Default: of both. */
  speakers?: readonly (typeof SPEAKERS)[number][] | undefined;
}

/** A key for one purpose, so that what was signed for one can never pass for another. */
export function deriveKey(secret: string, purpose: 'access' | 'audio-link' | 'ticket'): Uint8Array {
  // The app's backend signs access tokens with the secret as it stands: any JWT library can.
  if (purpose === 'access') return new TextEncoder().encode(secret);
  return new Uint8Array(hkdfSync('sha256', secret, '', `turntape/${purpose}`, 32));
}

/** Makes an upload or read token, as the app's backend would. */
export function mintToken(secret: string, facts: TokenFacts): Promise<string> {
  const { subject, sessionId, scopes, seconds, maxSegments, maxBytes, speakers } = facts;
  return new SignJWT({
    session_id: sessionId,
    scope: scopes.join(' '),
    ...(maxSegments === undefined ? {} : { max_segments: maxSegments }),
    ...(maxBytes === undefined ? {} : { max_bytes: maxBytes }),
    ...(speakers === undefined ? {} : { speakers: speakers.join(' ') }),
  })
    .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
    .setAudience(TOKEN_AUDIENCE)
    .setSubject(subject)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime(`${seconds} s`)
    .sign(deriveKey(secret, 'access'));
}

/**
 * Takes tokens signed with one of the secrets (the first is the current one; the others are still good while they are
 * being replaced) that live no longer than `maxSeconds`.
 */
export function signedTokens(secrets: readonly string[], maxSeconds: number): VerifyToken {
  const keys = secrets.map((secret) => deriveKey(secret, 'access'));
  return async (token) => {
    for (const key of keys) {
      const payload = await verify(token, key);
      const read = v.safeParse(claims, payload);
      // Counted from now when it says that it will be made some day: it is good already.
      const madeAt = (iat: number) => Math.min(iat, Date.now() / 1000 + CLOCK_SECONDS);
      if (!read.success || read.output.exp - madeAt(read.output.iat) > maxSeconds) continue;
      const {
        session_id: sessionId,
        scope,
        exp,
        max_segments: maxSegments,
        max_bytes: maxBytes,
        speakers,
        jti,
        sub,
      } = read.output;
      const tokenId = jti ?? `${sub}/${sessionId}`;
      return {
        tokenId,
        subject: sub,
        sessionId,
        scopes: new Set(scope),
        quota: { maxSegments, maxBytes },
        speakers: new Set(speakers),
        expiresAtMs: exp * 1000,
        isUnlimited: false,
      };
    }
    return undefined;
  };
}

async function verify(token: string, key: Uint8Array): Promise<unknown> {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [ALGORITHM],
      audience: TOKEN_AUDIENCE,
      clockTolerance: CLOCK_SECONDS,
    });
    return payload;
  } catch (cause) {
    if (cause instanceof JOSEError) return undefined;
    throw cause;
  }
}

/** Development: one token that opens everything, compared in constant time. */
export function oneToken(token: string): VerifyToken {
  const expected = digest(token);
  const access: Access = {
    tokenId: 'development',
    subject: 'development',
    sessionId: '*',
    scopes: new Set(['admin']),
    quota: NO_QUOTA,
    speakers: new Set(SPEAKERS),
    expiresAtMs: Infinity,
    isUnlimited: true,
  };
  // Hashes have one length, as the comparison needs.
  return (given) => Promise.resolve(timingSafeEqual(digest(given), expected) ? access : undefined);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
