// Keeps the bot speaking: a new utterance as soon as the user has fallen silent. It holds the bot's port and the far end
// of the vadChannel, so that the page can stand still.
self.addEventListener('message', ({ data: { bot, vad, samples, sampleRate } }) => {
  const speak = () => {
    const utteranceId = crypto.randomUUID();
    bot.postMessage({ type: 'begin', utteranceId, turnId: crypto.randomUUID() });
    bot.postMessage({ type: 'pcm', utteranceId, samples, sampleRate });
    bot.postMessage({ type: 'end', utteranceId });
  };
  vad.addEventListener('message', ({ data: { type } }) => type === 'client_vad_stop' && speak());
  vad.start();
  speak();
});
