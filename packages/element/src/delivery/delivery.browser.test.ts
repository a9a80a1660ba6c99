import { TurntapeError } from 'turntape';
import { afterEach, expect, test, vi } from 'vitest';
import { page } from 'vitest/browser';
import '../define.ts';
import { DEFAULT_TEXTS } from '../texts-english.ts';
import { inside, mount, mountRunning, text } from '../testing/mount.ts';
import { NOTHING_PENDING } from '../testing/scripted-recorder.ts';

afterEach(() => {
  document.body.replaceChildren();
});

async function mountTurn() {
  const mounted = await mountRunning();
  const turn = mounted.session.startTurn('t1', 'user', 0);
  mounted.session.endTurn(turn, 1000);
  mounted.session.keep(turn, 's1');
  const standing = async (): Promise<[string | undefined, string]> => {
    await mounted.element.updateComplete;
    const [node] = inside(mounted.element, '[part~="standing"]');
    return [node?.dataset['standing'], text(node)];
  };
  return { ...mounted, standing };
}

test('[FACE-26] the line of the delivery says how far it is, and its bar what part is done', async () => {
  const { element, session, recorder, standing } = await mountTurn();
  recorder.emit('outbox', { ...NOTHING_PENDING, pending: 1, pendingSegments: 1, remainingMs: 42_000 });
  expect(await standing()).toEqual(['sending', '0 of 1 delivered, about 42 s left']);
  const bar = page.getByRole('progressbar', { name: 'Delivered' });
  await expect.element(bar).toHaveAttribute('aria-valuenow', '0');
  session.emit('segment-acknowledged', { segmentId: 's1', audioUrl: undefined });
  recorder.emit('outbox', NOTHING_PENDING);
  expect(await standing()).toEqual(['delivered', 'Delivered']);
  expect(inside(element, '[part~="progress"]')).toHaveLength(0);
});

test('[FACE-26] the next try is counted down in whole seconds, and what is due is being tried now', () => {
  const { waiting } = DEFAULT_TEXTS.standing;
  const facts = { delivered: 0, total: 1, backlog: 0, rejected: 0 };
  const said = [61_500, 59_200, 1900, 40, 0].map((remainingMs) => waiting({ ...facts, remainingMs }));
  const tries = said.map((text) => /; (.*)\.$/u.exec(text)?.[1]);
  expect(tries).toEqual([
    'the next try is in 1:02 min',
    'the next try is in 1:00 min',
    'the next try is in 2 s',
    'the next try is in 1 s',
    'it is being tried again now',
  ]);
});

test('[FACE-26] offline it says what waits here, that of earlier visits apart', async () => {
  const { recorder, standing } = await mountTurn();
  recorder.emit('outbox', { ...NOTHING_PENDING, pending: 4, pendingSegments: 3 });
  window.dispatchEvent(new Event('offline'));
  expect(await standing()).toEqual([
    'offline',
    'You are offline. 1 recording kept on this device, sent when you are back. 2 recordings of earlier conversations wait, too.',
  ]);
  window.dispatchEvent(new Event('online'));
  expect((await standing())[0]).toBe('sending');
});

test('[FACE-26] a server that rests, a token that was refused, a pause and a refusal: each can be tried at once', async () => {
  const { element, session, recorder, standing } = await mountTurn();
  const waiting = { ...NOTHING_PENDING, pending: 1, pendingSegments: 1 };
  recorder.emit('outbox', { ...waiting, restsUntilMs: Date.now() + 40_000 });
  expect(await standing()).toEqual(['waiting', expect.stringMatching(/the next try is in (40|39) s\. ?Send now$/u)]);
  await page.getByRole('button', { name: 'Send now' }).click();
  await expect.poll(() => recorder.asked).toEqual(['retry']);

  recorder.emit('outbox', { ...waiting, paused: true });
  expect((await standing())[0]).toBe('paused');
  await page.getByRole('button', { name: 'Send now' }).click();
  await expect.poll(() => recorder.asked).toEqual(['retry', 'resume', 'retry']);

  recorder.emit('outbox', waiting);
  recorder.emit('error', { error: new TurntapeError('unauthorized', '401') });
  expect((await standing())[0]).toBe('paused');

  session.emit('segment-rejected', { segmentId: 's1', error: new TurntapeError('rejected', '413') });
  expect((await standing())[0]).toBe('rejected');
  expect(inside(element, '[part~="send-button"]')).toHaveLength(1);
});

test('[FACE-26] what waits from an earlier visit is told before anything is recorded, and a device without a server says so', async () => {
  const { element } = await mount((_, recorder) => {
    recorder.progress = { ...NOTHING_PENDING, pending: 3, pendingSegments: 3, sending: 1 };
  });
  await expect
    .poll(() => text(inside(element, '[part~="standing"]')[0]))
    .toBe('Sending 3 recordings of earlier conversations');

  document.body.replaceChildren();
  const local = await mountRunning((_, recorder) => (recorder.progress = undefined));
  const turn = local.session.startTurn('t1', 'user', 0);
  local.session.keep(turn, 's1');
  await expect.poll(() => text(inside(local.element, '[part~="standing"]')[0])).toBe('1 recording on this device');
});

test('[FACE-27] a session is saved as sound or whole, one at a time, under its own name', async () => {
  const { element, session } = await mountTurn();
  const saved: string[] = [];
  const gate = Promise.withResolvers<void>();
  session.saving = gate.promise;
  const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download);
  });
  try {
    await page.getByRole('button', { name: 'Save audio' }).click();
    await expect.element(page.getByRole('button', { name: 'Save everything' })).toBeDisabled();
    expect(text(inside(element, '[part~="hint"]')[0])).toBe('The file is being made.');
    await element.save('all');
    gate.resolve();
    await expect.element(page.getByText('Saved as conversation-5e551000.ogg.')).toBeVisible();
    await element.save('all');
    expect(session.asked).toEqual(['export', 'bundle']);
    expect(saved).toEqual(['conversation-5e551000.ogg', 'conversation-5e551000.zip']);
  } finally {
    click.mockRestore();
  }
});

test('[FACE-27] a session that has ended is erased after a question, here and at the backend; before, it cannot be', async () => {
  const { element, recorder, session } = await mountTurn();
  expect(inside(element, '[part~="erase-button"]')).toHaveLength(0);
  await element.stop();
  await page.getByRole('button', { name: 'Erase' }).click();
  await expect.element(page.getByRole('alertdialog')).toHaveTextContent('the server is asked to delete them, too');
  await page.getByRole('button', { name: 'Keep it' }).click();
  expect(recorder.erased).toEqual([]);

  let told: unknown;
  document.body.addEventListener('session-erased', (event) => (told = (event as CustomEvent).detail), { once: true });
  await page.getByRole('button', { name: 'Erase' }).click();
  await page.getByRole('button', { name: 'Erase it' }).click();
  await expect.poll(() => recorder.erased).toEqual([{ sessionId: session.sessionId, atTarget: true }]);
  await expect.poll(() => told).toEqual({ sessionId: session.sessionId });
  await expect.element(page.getByText('The conversation is erased.')).toBeVisible();
  expect(element.phase).toBe('idle');
  expect(element.turns).toEqual([]);
});

test('[FACE-35] consent is taken back by a button, after a question, with or without what was recorded', async () => {
  for (const [answer, erase] of [
    ['Withdraw, keep recordings', false],
    ['Withdraw and erase all', true],
  ] as const) {
    document.body.replaceChildren();
    const { element, recorder } = await mount((it) => (it.consent = 'required'));
    const told: unknown[] = [];
    element.addEventListener('consent-withdrawn', (event) => told.push((event as CustomEvent).detail));
    expect(inside(element, '[part~="withdraw-button"]')).toHaveLength(0);
    await page.getByRole('button', { name: 'Agree' }).click();
    await expect.poll(() => element.phase).toBe('recording');
    await page.getByRole('button', { name: 'Withdraw consent' }).click();
    await page.getByRole('button', { name: 'Go on' }).click();
    expect([element.phase, recorder.revoked]).toEqual(['recording', []]);
    await page.getByRole('button', { name: 'Withdraw consent' }).click();
    await page.getByRole('button', { name: answer }).click();
    await expect.poll(() => told).toEqual([{ erase }]);
    expect(recorder.revoked).toEqual([{ erase }]);
    await expect.poll(() => element.phase).toBe('consent');
    expect(element.session === undefined).toBe(erase);
    expect(inside(element, '[part~="withdraw-button"]')).toHaveLength(0);
    await expect.element(page.getByText('Your consent is withdrawn')).toBeVisible();
  }
});

test('[FACE-36] what the server refused is said with its code', async () => {
  const { element, session } = await mountTurn();
  session.emit('segment-rejected', { segmentId: 's1', error: new TurntapeError('receipt_mismatch', 'hash') });
  await element.updateComplete;
  expect(text(inside(element, '[part~="standing-code"]')[0])).toBe('Code: receipt_mismatch');
  session.emit('segment-acknowledged', { segmentId: 's1', audioUrl: undefined });
  await element.updateComplete;
  expect(inside(element, '[part~="standing-code"]')).toHaveLength(0);
});

test('[FACE-27] without a backend only this device is asked, and consent that is taken back shows the gate again', async () => {
  const { element, recorder } = await mountRunning((it, its) => {
    its.progress = undefined;
    it.consent = 'required';
  });
  await element.stop();
  await element.erase();
  expect(recorder.erased).toMatchObject([{ atTarget: false }]);
  await element.grantConsent();
  expect(element.phase).toBe('idle');
  await element.revokeConsent({ erase: true });
  expect(recorder.revoked).toEqual([{ erase: true }]);
  expect(element.phase).toBe('consent');
});
