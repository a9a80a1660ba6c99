/** A WAV file with a quiet tone in it: 16 bit, mono, 8000 Hz. */
export function toneWav(durationMs: number): ArrayBuffer {
  const samples = Math.round(durationMs * 8);
  const file = new DataView(new ArrayBuffer(44 + samples * 2));
  const text = (at: number, value: string): void => {
    for (let index = 0; index < value.length; index += 1) file.setUint8(at + index, value.charCodeAt(index));
  };
  text(0, 'RIFF');
  file.setUint32(4, 36 + samples * 2, true);
  text(8, 'WAVEfmt ');
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, 8000, true);
  file.setUint32(28, 16000, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  text(36, 'data');
  file.setUint32(40, samples * 2, true);
  for (let index = 0; index < samples; index += 1) {
    file.setInt16(44 + index * 2, Math.round(600 * Math.sin(index / 3)), true);
  }
  return file.buffer;
}
