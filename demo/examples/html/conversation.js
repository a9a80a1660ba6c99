import '@turntape/element/define';

const tape = document.querySelector('turn-tape');

// Objects are properties. With a backend: tape.headers = async () => ({ authorization: `Bearer ${await token()}` });
tape.options = { record: { session: 'stereo' } };

tape.addEventListener('session-start', ({ detail: { session } }) => greet(session));
tape.addEventListener('segment-kept', ({ detail: { segment } }) => {
  const line = document.createElement('li');
  line.textContent = `${segment.speaker}, ${Math.round(segment.durationMs)} ms`;
  document.querySelector('#kept').append(line);
});

/** The bot's half: the PCM of your voice stack. Here, a second of a quiet tone. */
function greet(session) {
  const tone = Int16Array.from({ length: 24_000 }, (_, at) => 2000 * Math.sin(at / 10));
  const utterance = session.bot.begin();
  utterance.write(tone, { sampleRate: 24_000 });
  utterance.end();
}
