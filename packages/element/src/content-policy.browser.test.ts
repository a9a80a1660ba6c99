import { expect, test } from 'vitest';
import './define.ts';
import { ScriptedRecorder } from './testing/scripted-recorder.ts';

test('[FACE-12] it draws all it has under a content policy that forbids inline styles', async () => {
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "style-src-attr 'none'; media-src 'none'; img-src 'none'";
  document.head.append(policy);
  const broken: string[] = [];
  document.addEventListener('securitypolicyviolation', ({ violatedDirective }) => broken.push(violatedDirective));

  const recorder = new ScriptedRecorder();
  const element = document.createElement('turn-tape');
  element.consent = 'granted';
  element.recorder = recorder.asRecorder;
  document.body.append(element);
  await element.start();
  const session = recorder.last;
  const turn = session.startTurn('t1', 'bot', 0);
  session.cut(turn, 1000, 4000);
  session.keep(turn, 's1');
  session.emit('level', { speaker: 'bot', rmsDb: -20, peakDb: -10, atMs: 1000 });
  await element.updateComplete;

  const unheard = element.shadowRoot?.querySelector<HTMLElement>('[part~="tape-unheard"]');
  const tape = unheard?.parentElement;
  // Three quarters of it were never heard. What is drawn is what was asked for, or the policy has eaten it.
  expect(unheard!.offsetWidth / tape!.offsetWidth).toBeCloseTo(0.75, 1);
  expect(broken).toEqual([]);
});
