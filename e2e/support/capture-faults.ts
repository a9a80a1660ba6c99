import type {
  AudioDevice,
  GapEvent,
  MicrophoneEvent,
  Recorder,
  Segment,
  Session,
  SessionMicrophone,
  SessionRunState,
} from 'turntape';

/** What the page keeps between the faults. */
interface Faults {
  session: Session;
  recorder: Recorder;
  gaps: GapEvent[];
  microphone: MicrophoneEvent[];
  states: SessionRunState[];
  errors: string[];
  segments: Segment[];
  opened: MediaStreamTrack[];
  airTrack: MediaStreamTrack;
  /** How long each fault was switched on, by the page's own clock. */
  planted: Record<string, number>;
  /** What a witness in the same context saw: by how much wall clock and frames parted, and frames that were not rendered. */
  witnessed: { byMs: number; skippedFrames: number }[];
  wait(milliseconds: number): Promise<void>;
  /** Waits, with a fault switched on, and enters for how long it was. */
  harm(fault: string, milliseconds: number): Promise<void>;
  /** Settles with the next gap of this cause. */
  gap(cause: GapEvent['cause']): Promise<void>;
  said(state: MicrophoneEvent['state']): Promise<void>;
  /** Takes one of the devices that are not the default. */
  choose(device: number): Promise<void>;
  /** The labels of the devices that were chosen, in order. */
  chosen: string[];
  /** What took the place of the device that was lost, by the session's own word, and the default of this machine. */
  replacement: { microphone: SessionMicrophone; byDefault: AudioDevice } | undefined;
  /** The page's own microphone, which can fall silent. */
  air: MediaStream;
  silence(silent: boolean): void;
  deny(denied: boolean): void;
  leap(byMs: number, at: number): Promise<void>;
}

declare global {
  interface Window {
    faults: Faults;
  }
}

/** Runs in the page: a session with a key held down, and every switch that the faults need. */
export async function startFaults(): Promise<void> {
  // A microphone of the page's own making: quiet noise.
  const room = new AudioContext();
  const buffer = room.createBuffer(1, room.sampleRate * 2, room.sampleRate);
  buffer.getChannelData(0).forEach((_, at, samples) => (samples[at] = 0.01 + Math.random() * 0.1));
  const noise = new AudioBufferSourceNode(room, { buffer, loop: true });
  const air = room.createMediaStreamDestination();
  noise.connect(air);
  noise.start();
  const [airTrack] = air.stream.getAudioTracks() as [MediaStreamTrack];

  // The tracks that the recorder opens, so that they can be stopped; and a switch for the permission.
  const opened: MediaStreamTrack[] = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  let denied = false;
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    if (denied) throw new DOMException('taken back', 'NotAllowedError');
    const stream = await ask(constraints);
    opened.push(...stream.getAudioTracks());
    return stream;
  };

  const recorder = await window.turntape.createRecorder({
    consent: 'granted',
    format: 'wav',
    vad: false,
    microphone: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  await recorder.devices.setMicrophone(air.stream);
  const session = await recorder.startSession();
  // oxlint-disable-next-line unicorn/consistent-function-scoping -- it runs in the page
  const next = <Event>(listen: (listener: (event: Event) => void) => () => void, is: (event: Event) => boolean) =>
    new Promise<void>((resolve) => {
      const off = listen((event) => {
        if (!is(event)) return;
        off();
        resolve();
      });
    });
  const faults: Faults = {
    session,
    recorder,
    opened,
    airTrack,
    air: air.stream,
    gaps: [],
    microphone: [],
    states: [],
    errors: [],
    segments: [],
    chosen: [],
    replacement: undefined,
    planted: {},
    witnessed: [],
    wait: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
    harm: async (fault, milliseconds) => {
      const from = performance.now();
      await faults.wait(milliseconds);
      faults.planted[fault] = performance.now() - from;
    },
    gap: (cause) =>
      next<GapEvent>(
        (listener) => session.on('gap', listener),
        (event) => event.cause === cause && event.speaker !== 'bot',
      ),
    said: (state) =>
      next<MicrophoneEvent>(
        (listener) => session.on('microphone', listener),
        (event) => event.state === state,
      ),
    choose: async (device) => {
      const devices = await recorder.devices.list();
      const inputs = devices.filter(({ kind, deviceId }) => kind === 'input' && deviceId !== 'default');
      const { deviceId = '', label = '' } = inputs[device] ?? {};
      await session.setMicrophone({ deviceId });
      faults.chosen.push(label);
    },
    silence: (silent) => {
      if (silent) noise.disconnect();
      else noise.connect(air);
    },
    deny: (now) => (denied = now),
    leap: async (byMs, at) => {
      const { now } = Date;
      Date.now = () => now() + (now() >= at ? byMs : 0);
      await session.audioContext.audioWorklet.addModule(`./clock-jump.worklet.js?by=${byMs}&at=${at}`);
    },
  };
  session.on('gap', (event) => faults.gaps.push(event));
  session.on('microphone', (event) => faults.microphone.push(event));
  session.on('state', ({ state }) => faults.states.push(state));
  session.on('error', ({ error }) => faults.errors.push(error.code));
  session.on('segment-kept', ({ segment }) => faults.segments.push(segment));
  window.faults = faults;
  await session.audioContext.audioWorklet.addModule('./standstills.worklet.js');
  const witness = new AudioWorkletNode(session.audioContext, 'standstills');
  witness.port.addEventListener('message', ({ data }) => faults.witnessed.push(data as Faults['witnessed'][number]));
  witness.port.start();
  witness.connect(session.audioContext.destination);
  await faults.wait(500);
  session.user.startTurn();
  await faults.wait(500);
}

/** Runs in the page: lets go of the key and gathers everything. */
export async function endFaults() {
  const { session, recorder, opened, airTrack, segments, gaps, microphone, states, errors, planted, witnessed } =
    window.faults;
  const { chosen, replacement } = window.faults;
  await window.faults.wait(500);
  const stats = await session.stats();
  session.user.endTurn();
  await session.stop();
  await recorder.dispose();
  const tracks = opened.map((track) => track.readyState);
  const clockRate = session.audioContext.sampleRate;
  return {
    clockRate,
    gaps,
    microphone,
    states,
    errors,
    planted,
    witnessed,
    segments,
    stats,
    tracks,
    chosen,
    replacement,
    airLabel: airTrack.label,
    air: airTrack.readyState,
  };
}
