/** The tag under which a page asks for background delivery and a service worker answers. */
export const BACKGROUND_SYNC_TAG = 'turntape:outbox';
