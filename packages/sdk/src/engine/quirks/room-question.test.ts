import { afterEach, expect, test, vi } from 'vitest';
import { RoomQuestion } from './room-question.ts';

const ROOM = { usage: 1, quota: 2 };
const estimate = vi.fn(async () => ROOM);
vi.stubGlobal('navigator', { storage: { estimate } });
afterEach(() => estimate.mockClear());

test('[FOX-6] in Firefox the page is asked how much room there is, once at a time, and the worker never asks by itself', async () => {
  const askPage = vi.fn();
  const question = new RoomQuestion(askPage, true);
  const answers = [question.ask(), question.ask()];
  expect(askPage).toHaveBeenCalledTimes(1);
  question.answered(ROOM);
  expect(await Promise.all(answers)).toEqual([ROOM, ROOM]);
  const again = question.ask();
  expect(askPage).toHaveBeenCalledTimes(2);
  // The page's browser says nothing.
  question.answered(undefined);
  expect(await again).toBe(undefined);
  // An answer to an engine that died.
  question.answered(ROOM);
  expect(estimate).not.toHaveBeenCalled();
});

test('[FOX-6] elsewhere the worker asks by itself: a page that stands still holds up nothing', async () => {
  const askPage = vi.fn();
  expect(await new RoomQuestion(askPage, false).ask()).toBe(ROOM);
  expect(askPage).not.toHaveBeenCalled();
  vi.stubGlobal('navigator', {});
  expect(await new RoomQuestion(askPage, false).ask()).toBe(undefined);
});
