import { TurntapeError } from '../../core/errors.ts';

/** Runs checks of options on what a call was given: their errors are `invalid_argument`, with the field at fault. */
export function asArgument<Value>(checks: () => Value): Value {
  try {
    return checks();
  } catch (thrown) {
    if (!(thrown instanceof TurntapeError)) throw thrown;
    throw new TurntapeError('invalid_argument', thrown.message, { field: thrown.field, cause: thrown });
  }
}
