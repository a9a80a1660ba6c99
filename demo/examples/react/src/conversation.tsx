import { useState } from 'react';
import type { RecorderOptions, Segment, Session } from 'turntape';
import '@turntape/element/define';

// Outside the component: other options mean another recorder.
const OPTIONS: RecorderOptions = { record: { session: 'stereo' } };

/** Records a conversation and lists what is kept. With a backend: `target="/v1"` and `headers={…}`. */
export function Conversation() {
  const [kept, setKept] = useState<readonly Segment[]>([]);
  return (
    <>
      <turn-tape
        format="opus"
        subject="a visitor"
        consent-version="1"
        options={OPTIONS}
        onsession-start={({ detail }) => greet(detail.session)}
        onsegment-kept={({ detail }) => setKept((before) => [...before, detail.segment])}
      >
        <p slot="consent">This conversation is recorded. It stays on this device.</p>
      </turn-tape>
      <ol id="kept">
        {kept.map(({ segmentId, speaker, durationMs }) => (
          <li key={segmentId}>
            {speaker}, {Math.round(durationMs)} ms
          </li>
        ))}
      </ol>
    </>
  );
}

/** The bot's half: the PCM of your voice stack. Here, a second of a quiet tone. */
function greet(session: Session) {
  const tone = Int16Array.from({ length: 24_000 }, (_, at) => 2000 * Math.sin(at / 10));
  const utterance = session.bot.begin();
  utterance.write(tone, { sampleRate: 24_000 });
  utterance.end();
}
