// Everything for a page without a bundler: the element, registered, and the SDK beside it.
export * from './define.ts';
export * from 'turntape';
