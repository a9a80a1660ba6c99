/**
 * A test that fails while `await using` holds something that then fails to close would be told as `SuppressedError`, without
 * a word of either. For the tests the first failure is the failure, told by the runner with all that differs, and what failed
 * later is the cause at the end of its chain. Imported by the configs of the runners. Node has no SuppressedError of its
 * own before 24; compiled `await using` asks for the global one.
 *
 * @param {unknown} later what failed as something was let go of
 * @param {unknown} first
 * @returns {Error} the first
 */
function FirstFailure(later, first) {
  const error = first instanceof Error ? first : new Error(String(first));
  let last = error;
  while (last.cause instanceof Error && last.cause !== error) last = last.cause;
  if (last !== later) last.cause ??= later;
  return error;
}

Object.assign(globalThis, { SuppressedError: FirstFailure });
