/**
 * What stood between the page and the microphone. `blocked`: the person said no, or this site is blocked. `dismissed`: the
 * question was closed without an answer. `system`: the operating system keeps the browser from it. `insecure`: the page
 * came over plain HTTP. `policy`: the page, or the page around it, forbids it by Permissions-Policy.
 */
export type Denial = 'blocked' | 'dismissed' | 'system' | 'insecure' | 'policy';

/** Those with a text of their own; that of the first is `failures.microphone_denied`. */
export type KnownDenial = Exclude<Denial, 'blocked'>;

/** What the page says of itself. */
export interface PageFacts {
  isSecureContext: boolean;
  /** Whether its Permissions-Policy lets it ask. Undefined where the browser does not tell. */
  allowsMicrophone: boolean | undefined;
}

/** Chromium's two words for it, in the message of its NotAllowedError; no other browser tells these apart. */
const DISMISSED = /dismissed/i;
const BY_SYSTEM = /system/i;

/** Why it was denied, as far as the browser lets one know. `cause` is what `getUserMedia` threw. */
export function denialOf(cause: unknown, page: PageFacts): Denial {
  if (!page.isSecureContext) return 'insecure';
  if (page.allowsMicrophone === false) return 'policy';
  if (!(cause instanceof Error)) return 'blocked';
  // Firefox and Safari: the policy. Chromium says NotAllowedError for it, and knows it by the line above.
  if (cause.name === 'SecurityError') return 'policy';
  if (DISMISSED.test(cause.message)) return 'dismissed';
  return BY_SYSTEM.test(cause.message) ? 'system' : 'blocked';
}

/** The page that we are on. */
export function thisPage(): PageFacts {
  // Chromium alone tells it.
  const { featurePolicy } = document as { featurePolicy?: { allowsFeature(name: string): boolean } };
  return { isSecureContext, allowsMicrophone: featurePolicy?.allowsFeature('microphone') };
}
