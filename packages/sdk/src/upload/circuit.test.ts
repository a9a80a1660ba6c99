import { expect, test } from 'vitest';
import { TurntapeError } from '../core/errors.ts';
import { Circuit } from './circuit.ts';
import { RETRY_POLICY } from './retry-policy.ts';
import { busy, networkDown } from './uploader-setting.ts';

/** The circuit alone. Chance says one half: the first wait is 550 ms. */

const FIRST_WAIT_MS = 550;

function failing(error: TurntapeError, times: number): Circuit {
  const circuit = new Circuit(RETRY_POLICY, () => 0.5);
  for (let count = 0; count < times; count += 1) circuit.failed(error, 1000);
  return circuit;
}

test('[SEND-21] what the device is to blame for never counts as a backend that is down', () => {
  for (const code of ['storage_failed', 'storage_full', 'receipt_mismatch', 'undecryptable'] as const)
    expect(failing(new TurntapeError(code, 'ours', { retryable: true }), 50).restsUntilMs).toBeUndefined();
  expect(failing(networkDown(), 4).restsUntilMs).toBeUndefined();
  expect(failing(networkDown(), 5).restsUntilMs).toBe(1000 + FIRST_WAIT_MS);
});

test('[SEND-21] a backend that asks for time is given it, and an online event does not cut it short; the app may', () => {
  const circuit = failing(busy(30_000), 5);
  expect(circuit.restsUntilMs).toBe(1000 + 30_000 + FIRST_WAIT_MS);
  circuit.hint(2000, { onlyNetwork: true });
  expect(circuit.restsUntilMs).toBe(1000 + 30_000 + FIRST_WAIT_MS);
  circuit.hint(2000);
  expect(circuit.restsUntilMs).toBe(2000);
});

test('[SEND-21] a network that comes back ends the wait, never lengthens it; an answer closes the circuit', () => {
  const circuit = failing(networkDown(), 5);
  circuit.hint(1100, { onlyNetwork: true });
  expect(circuit.restsUntilMs).toBe(1100);
  circuit.hint(9000, { onlyNetwork: true });
  expect(circuit.restsUntilMs).toBe(1100);
  circuit.answered();
  expect(circuit.restsUntilMs).toBeUndefined();
  circuit.failed(networkDown(), 1200);
  expect(circuit.restsUntilMs).toBeUndefined();
});
