/** What a page that goes says to the service worker: deliver now. Any browser with service workers. */
export const DELIVER_MESSAGE = 'turntape:deliver';

/** The tag under which a page asks for background delivery and a service worker answers. */
export const BACKGROUND_SYNC_TAG = 'turntape:outbox';
