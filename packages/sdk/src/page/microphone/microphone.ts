import { TurntapeError, type TurntapeErrorCode } from '../../core/errors.ts';

/** An open microphone. `owned`: we opened it, so we stop it. */
export interface Microphone {
  stream: MediaStream;
  track: MediaStreamTrack;
  owned: boolean;
  /** There is none: the app writes the user's audio, and the stream only stands in its place. */
  absent?: true;
}

/**
 * What the browser takes out of the microphone. `all`: every sound that this machine plays. `remote-only`: what comes from
 * the other end of a call, so that the app's own sounds stay. A browser that knows no modes takes either for `true`.
 */
export type EchoCancellationMode = 'all' | 'remote-only';

/** The constraints of `getUserMedia`, and the modes of echo cancellation, which not every `lib.dom` knows. */
export type MicrophoneConstraints = Omit<MediaTrackConstraints, 'echoCancellation'> & {
  echoCancellation?:
    | boolean
    | EchoCancellationMode
    | { exact?: boolean | EchoCancellationMode; ideal?: boolean | EchoCancellationMode };
};

/** Why there are no devices on a page that came by HTTP, and the way out. */
export const INSECURE_PAGE = 'the microphone needs a secure context: serve the page over HTTPS or from localhost';

/** What `getUserMedia` throws, by name, in our codes and with the way out. */
const FAILURES: Readonly<Record<string, [TurntapeErrorCode, string]>> = {
  NotAllowedError: [
    'microphone_denied',
    'the microphone was denied: allow it for this site in the browser, then start again',
  ],
  SecurityError: ['microphone_denied', 'this page may not use the microphone: check its Permissions-Policy'],
  NotFoundError: ['microphone_not_found', 'there is no microphone: connect one, then start again'],
  OverconstrainedError: ['microphone_not_found', 'no microphone satisfies the constraints of options.microphone'],
  NotReadableError: ['microphone_busy', 'the microphone is in use by another program, or its driver failed'],
};

/** Opens the microphone, or takes the stream that was given. Errors: `microphone_denied`, `_not_found`, `_busy`, `_failed`. */
export async function openMicrophone(wanted: MicrophoneConstraints | MediaStream): Promise<Microphone> {
  if (wanted instanceof MediaStream) {
    const [track] = wanted.getAudioTracks();
    if (!track) throw new TurntapeError('source_empty', 'the stream has no audio track', { field: 'microphone' });
    return { stream: wanted, track, owned: false };
  }
  const stream = await ask(wanted);
  const [track] = stream.getAudioTracks();
  if (!track) throw new TurntapeError('microphone_failed', 'the browser gave a stream without an audio track');
  return { stream, track, owned: true };
}

/** In the place of a microphone when the app writes the user's audio: a stream of the context's that nobody feeds. */
export function noMicrophone(context: BaseAudioContext): Microphone {
  const { stream } = new MediaStreamAudioDestinationNode(context as AudioContext);
  const [track] = stream.getAudioTracks();
  if (!track) throw new TurntapeError('audio_context_failed', 'the browser gave a stream without an audio track');
  return { stream, track, owned: false, absent: true };
}

/** The node that hears a microphone. Error: `microphone_failed`: a stream may have lost its track since it was opened. */
export function microphoneNode(context: AudioContext, stream: MediaStream): MediaStreamAudioSourceNode {
  try {
    return context.createMediaStreamSource(stream);
  } catch (cause) {
    const message = 'the stream of the microphone could not be connected';
    throw new TurntapeError('microphone_failed', message, { cause, retryable: true });
  }
}

/** A device that is asked for by its id is meant: another one would be a surprise. */
export function exactly(choice: MicrophoneConstraints): MicrophoneConstraints {
  return typeof choice.deviceId === 'string' ? { ...choice, deviceId: { exact: choice.deviceId } } : choice;
}

/** The settings as the browser reports them, without what identifies the device. */
export function capturedSettings(track: MediaStreamTrack): Readonly<Record<string, unknown>> {
  const { deviceId: _device, groupId: _group, ...settings } = track.getSettings();
  return settings;
}

async function ask(audio: MicrophoneConstraints): Promise<MediaStream> {
  // Absent on a page that is not a secure context.
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (!devices) throw new TurntapeError('microphone_denied', INSECURE_PAGE);
  try {
    return await devices.getUserMedia({ audio: audio as MediaTrackConstraints });
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : '';
    const [code, message] = FAILURES[name] ?? ['microphone_failed', `the microphone could not be opened: ${name}`];
    throw new TurntapeError(code, message, { cause, retryable: true });
  }
}
