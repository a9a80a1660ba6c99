import { expect, test } from 'vitest';
import { MediaWatch } from './media-watch.ts';

const NOTHING = { droppedMs: 0, underrunMs: 0 };

function media(totalMs?: number, underrunMs?: number) {
  const stats = { deliveredFrames: 0, totalFrames: 0, deliveredFramesDuration: 0, totalFramesDuration: totalMs };
  const playback = { underrunEvents: 1, underrunDuration: (underrunMs ?? 0) / 1000 };
  const track = { muted: false, enabled: true, readyState: 'live', ...(totalMs === undefined ? {} : { stats }) };
  const context = underrunMs === undefined ? {} : { playbackStats: playback };
  return { stats, playback, track: track as unknown as MediaStreamTrack, context: context as unknown as AudioContext };
}

test('[LOSS-18] what the browser dropped since the last look is told once; what it had counted before is not ours', () => {
  const { track, context, stats, playback } = media(40, 30);
  const watch = new MediaWatch();
  expect(watch.look(track, context)).toEqual(NOTHING);
  stats.totalFramesDuration = 60;
  expect(watch.look(track, context)).toEqual({ droppedMs: 20, underrunMs: 0 });
  playback.underrunDuration = 0.042;
  expect(watch.look(track, context)).toEqual({ droppedMs: 0, underrunMs: expect.closeTo(12) });
  expect(watch.look(track, context)).toEqual(NOTHING);
});

test('[LOSS-18] a browser that counts nothing reports nothing, nor does another track or context that has counted before', () => {
  const watch = new MediaWatch();
  const none = media();
  expect(watch.look(none.track, none.context)).toEqual(NOTHING);
  expect(watch.look(none.track, none.context)).toEqual(NOTHING);
  const other = media(500, 500);
  expect(watch.look(other.track, other.context)).toEqual(NOTHING);
});

test('[LOSS-18] what is dropped while the track is muted or off is no loss of its own', () => {
  const { track, context, stats } = media(0, 0);
  const watch = new MediaWatch();
  watch.look(track, context);
  track.enabled = false;
  stats.totalFramesDuration = 900;
  expect(watch.look(track, context)).toEqual(NOTHING);
  track.enabled = true;
  expect(watch.look(track, context)).toEqual(NOTHING);
});
