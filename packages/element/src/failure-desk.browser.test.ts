import { TurntapeError } from 'turntape';
import { afterEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import './define.ts';
import { inside, mount, mountRunning } from './testing/mount.ts';
import { NOTHING_PENDING } from './testing/scripted-recorder.ts';

afterEach(() => {
  document.body.replaceChildren();
});

test.for([
  ['microphone_denied', 'The microphone is blocked for this page.', 'allow the microphone'],
  ['microphone_not_found', 'No microphone was found.', 'Plug one in'],
  ['storage_full', 'This device has no room left for recordings.', 'Free some space'],
] as const)(
  '[FACE-6] %s is told in plain words with the way out, and trying again works',
  async ([code, what, out]) => {
    const { element, recorder } = await mount();
    recorder.refusal = new TurntapeError(code, 'for the log');
    await page.getByRole('button', { name: 'Start' }).click();
    const alert = page.getByRole('alert');
    await expect.element(alert).toHaveTextContent(what);
    await expect.element(alert).toHaveTextContent(out);
    await expect.element(alert).toHaveTextContent(code);
    expect(element.phase).toBe('failed');

    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.element(page.getByRole('button', { name: 'Stop' })).toBeVisible();
    expect(inside(element, '[part~="failure"]')).toHaveLength(0);
  },
);

test('[FACE-6] an unreachable server is told once, in the line of the delivery, until a receipt comes; the recording goes on', async () => {
  const { element, recorder, session } = await mountRunning();
  const standing = async (): Promise<string | undefined> => {
    await element.updateComplete;
    return inside(element, '[part~="standing"]')[0]?.dataset['standing'];
  };
  const turn = session.startTurn('t1', 'user', 0);
  session.endTurn(turn, 900);
  session.keep(turn, 's1');
  recorder.emit('outbox', { ...NOTHING_PENDING, pending: 1, pendingSegments: 1 });
  expect(await standing()).toBe('sending');
  recorder.emit('error', { error: new TurntapeError('network', 'no route', { retryable: true }) });
  expect(await standing()).toBe('waiting');
  expect(inside(element, '[part~="failure"]')).toHaveLength(0);
  expect(element.phase).toBe('recording');
  session.emit('segment-acknowledged', { segmentId: 's1', audioUrl: undefined });
  recorder.emit('outbox', NOTHING_PENDING);
  expect(await standing()).toBe('delivered');
});

test('[FACE-6] a notice that was dismissed stays away until it was over once', async () => {
  const { element, recorder } = await mountRunning();
  const away = (): void => recorder.emit('error', { error: new TurntapeError('unauthorized', 'no') });
  const shown = async (): Promise<number> => {
    await element.updateComplete;
    return inside(element, '[part~="failure"]').length;
  };
  away();
  expect(await shown()).toBe(1);
  await page.getByRole('button', { name: 'Dismiss' }).click();
  away();
  expect(await shown()).toBe(0);
  recorder.emit('outbox', NOTHING_PENDING);
  away();
  expect(await shown()).toBe(1);
  recorder.emit('outbox', NOTHING_PENDING);
  expect(await shown()).toBe(0);
});

test('[FACE-6] a start that is called off leaves no failure behind', async () => {
  const { element, recorder } = await mount();
  const gate = Promise.withResolvers<void>();
  recorder.gate = gate.promise;
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  gate.resolve();
  await expect.element(page.getByRole('button', { name: 'Start' })).toBeVisible();
  expect(inside(element, '[part~="failure"]')).toHaveLength(0);
  expect(recorder.sessions).toHaveLength(0);
});
