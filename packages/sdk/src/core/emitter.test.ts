import { expect, test } from 'vitest';
import { Emitter } from './emitter.ts';

interface Events {
  number: number;
  word: string;
}

const emitterOf = (): { emitter: Emitter<Events>; thrown: unknown[]; heard: unknown[] } => {
  const thrown: unknown[] = [];
  return { emitter: new Emitter<Events>((error, type) => thrown.push([error, type])), thrown, heard: [] };
};

test('[EMIT-1] listeners hear their own type of event, in the order in which they came', () => {
  const { emitter, heard } = emitterOf();
  emitter.on('number', (event) => heard.push(`a${event}`));
  emitter.on('number', (event) => heard.push(`b${event}`));
  emitter.on('word', (event) => heard.push(event));
  emitter.emit('number', 1);
  emitter.emit('word', 'w');
  expect(heard).toEqual(['a1', 'b1', 'w']);
});

test('[EMIT-2] a listener that throws stops nobody and does not reach the code that emitted', () => {
  const { emitter, heard, thrown } = emitterOf();
  const error = new Error('listener');
  emitter.on('number', () => {
    throw error;
  });
  emitter.on('number', (event) => heard.push(event));
  emitter.emit('number', 7);
  expect(heard).toEqual([7]);
  expect(thrown).toEqual([[error, 'number']]);
});

test('[EMIT-3] what on() returns removes that listener, also while it runs, also twice', () => {
  const { emitter, heard } = emitterOf();
  const off = emitter.on('number', (event) => {
    heard.push(event);
    off();
  });
  emitter.on('number', (event) => heard.push(-event));
  expect(emitter.count('number')).toBe(2);
  emitter.emit('number', 1);
  emitter.emit('number', 2);
  off();
  expect(heard).toEqual([1, -1, -2]);
  expect(emitter.count('number')).toBe(1);
});

test('[EMIT-3] who begins to listen during an event hears the next one', () => {
  const { emitter, heard } = emitterOf();
  emitter.on('number', () => emitter.on('number', (event) => heard.push(event)));
  emitter.emit('number', 1);
  expect(heard).toEqual([]);
});

test('[EMIT-3] after clear() nobody hears anything', () => {
  const { emitter, heard } = emitterOf();
  emitter.on('word', (event) => heard.push(event));
  emitter.clear();
  emitter.emit('word', 'w');
  expect(heard).toEqual([]);
  expect(emitter.count('word')).toBe(0);
});
