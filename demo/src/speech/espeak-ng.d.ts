/** The few parts of eSpeak NG's module that the demo uses. The package brings no types. */
declare module '@echogarden/espeak-ng-emscripten' {
  export interface SpeechEvent {
    type: 'word' | 'sentence' | 'end' | 'samplerate' | 'phoneme' | 'mark' | 'play';
    /** Of a word: its place in the text, in characters. The first one is 1. */
    text_position: number;
    /** In milliseconds from the start of the audio. */
    audio_position: number;
  }

  export interface Synthesizer {
    set_voice(name: string, language: string): number;
    /** Words per minute, 80 … 450. */
    set_rate(wordsPerMinute: number): void;
    /** 0 … 99, 50 is normal. */
    set_pitch(pitch: number): void;
    get_samplerate(): number;
    /** Calls back with each piece of audio; a callback that returns true stops it. */
    synthesize(text: string, take: (samples: Int16Array | null, events: readonly SpeechEvent[]) => boolean): void;
  }

  export interface SpeechModule {
    eSpeakNGWorker: new () => Synthesizer;
  }

  /** `getPreloadedPackage` hands the module its data file, so that it does not look for it beside itself. */
  export default function load(options: {
    getPreloadedPackage(name: string, size: number): ArrayBuffer;
  }): Promise<SpeechModule>;
}

declare module '*.data?url' {
  const address: string;
  export default address;
}
