/**
 * What an app would write: start, wait until the first turn is safe on the device, stop.
 *
 * @param {typeof import('turntape').createRecorder} createRecorder
 */
export async function recordOneTurn(createRecorder) {
  const recorder = await createRecorder({ consent: 'granted' });
  const session = await recorder.startSession({ sessionId: crypto.randomUUID() });
  const segment = await new Promise((resolve, reject) => {
    session.on('segment-kept', (event) => resolve(event.segment));
    session.on('error', (event) => reject(event.error));
  });
  await session.stop();
  await recorder.dispose();
  return segment;
}
