/** The Web Lock that an origin's uploaders share: only who holds it sends. Who rewrites what is kept asks for it, too. */
export const UPLOADER_LOCK = 'turntape:uploader';
