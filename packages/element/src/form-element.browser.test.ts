import { afterEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import './define.ts';
import { ScriptedRecorder } from './testing/scripted-recorder.ts';

afterEach(() => {
  document.body.replaceChildren();
});

async function mountForm() {
  const form = document.createElement('form');
  const set = document.createElement('fieldset');
  const element = document.createElement('turn-tape');
  const recorder = new ScriptedRecorder();
  Object.assign(element, { consent: 'granted', name: 'call', required: true, recorder: recorder.asRecorder });
  set.append(element);
  form.append(set);
  document.body.append(form);
  await element.updateComplete;
  return { form, set, element, recorder };
}

test('[FACE-30] in a form its value is the id of the session; required, it wants one', async () => {
  const { form, element, recorder } = await mountForm();
  expect(element.form).toBe(form);
  expect(new FormData(form).get('call')).toBeNull();
  expect(form.checkValidity()).toBe(false);
  expect(element.validity.valueMissing).toBe(true);
  expect(element.validationMessage).toBe('Record a conversation first.');
  await element.start();
  expect(element.value).toBe(recorder.last.sessionId);
  expect(new FormData(form).get('call')).toBe(recorder.last.sessionId);
  expect(form.checkValidity()).toBe(true);
});

test('[FACE-30] a reset ends the session and empties the control; what was recorded stays', async () => {
  const { form, element, recorder } = await mountForm();
  await element.start();
  const session = recorder.last;
  session.startTurn('t1', 'user', 0);
  form.reset();
  await expect.poll(() => session.state).toBe('ended');
  await expect.poll(() => element.value).toBe('');
  expect(new FormData(form).has('call')).toBe(false);
  expect(element.turns).toEqual([]);
  expect(element.phase).toBe('idle');
  expect(recorder.erased).toEqual([]);
});

test('[FACE-30] a disabled fieldset lets nothing start, and what runs go on', async () => {
  const { set, element } = await mountForm();
  set.disabled = true;
  await expect.element(page.getByRole('button', { name: 'Start' })).toBeDisabled();
  set.disabled = false;
  await expect.element(page.getByRole('button', { name: 'Start' })).toBeEnabled();
  await element.start();
  set.disabled = true;
  await expect.element(page.getByRole('button', { name: 'Stop' })).toBeEnabled();
  expect(element.phase).toBe('recording');
});

test('[FACE-30] no button of it sends the form, and a page that the browser remembers has its answer again', async () => {
  const { form, element } = await mountForm();
  let sent = 0;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sent += 1;
  });
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  expect(sent).toBe(0);
  element.formStateRestoreCallback('5e551000-0000-4000-8000-000000000009');
  expect(new FormData(form).get('call')).toBe('5e551000-0000-4000-8000-000000000009');
});
