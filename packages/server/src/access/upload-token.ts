import * as v from 'valibot';
import { label, SPEAKERS, wholeNumber } from '../wire/scalars.ts';
import { mintToken } from './access-token.ts';

/** How long an upload token is good when nobody says, in seconds: the recorder asks for another. */
const UPLOAD_SECONDS = 900;

/** The part `upload` of a session's facts, from the app's own backend: which token its page is to get. */
const uploadSchema = v.strictObject({
  /** The app's user. Default: whoever the minting token is for. */
  subject: v.optional(label),
  /** Default {@link UPLOAD_SECONDS}; never longer than the server allows. */
  seconds: v.optional(wholeNumber(1, 86_400), UPLOAD_SECONDS),
  max_segments: v.optional(wholeNumber(0)),
  max_bytes: v.optional(wholeNumber(0, Number.MAX_SAFE_INTEGER)),
  /** Whose audio it may send. Default: of both. */
  speakers: v.optional(v.array(v.picklist(SPEAKERS))),
});

/** A body that may ask for one. */
export const uploadRequestSchema = v.looseObject({ upload: v.optional(uploadSchema) });

/** What a page needs to send one session. */
export interface UploadToken {
  /** For `Authorization: Bearer`: writing, in this session, and nothing else. */
  upload_token: string;
  /** RFC 3339. */
  expires_at: string;
}

/** Makes an upload token for one session. */
export type Mint = (
  sessionId: string,
  subject: string,
  upload: v.InferOutput<typeof uploadSchema>,
) => Promise<UploadToken>;

/** Mints with the current secret, for no longer than tokens may live here. */
export function minting(secret: string, maxSeconds: number): Mint {
  return async (sessionId, subject, { subject: user = subject, seconds: asked, max_segments, max_bytes, speakers }) => {
    const seconds = Math.min(asked, maxSeconds);
    const facts = { subject: user, sessionId, scopes: ['write'] as const, seconds };
    const token = await mintToken(secret, { ...facts, maxSegments: max_segments, maxBytes: max_bytes, speakers });
    return { upload_token: token, expires_at: new Date(Date.now() + seconds * 1000).toISOString() };
  };
}
