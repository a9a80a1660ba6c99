/** opus-recorder's build of libopus, as far as we call it. Its own Ogg writer and resampler stay unused. */
declare module 'opus-recorder/dist/encoderWorker.min.js' {
  /** Emscripten's module object: libopus' functions with an underscore, and views of its memory, which never grows. */
  interface OpusModule {
    /** The WebAssembly was compiled and started, both while the module was imported. */
    readonly calledRun?: boolean;
    readonly HEAP32: Int32Array;
    readonly HEAPF32: Float32Array<ArrayBuffer>;
    readonly HEAPU8: Uint8Array<ArrayBuffer>;
    readonly _malloc: (bytes: number) => number;
    readonly _free: (pointer: number) => void;
    readonly _opus_encoder_create: (sampleRate: number, channels: number, application: number, error: number) => number;
    readonly _opus_encoder_ctl: (encoder: number, request: number, argument: number) => number;
    readonly _opus_encode_float: (
      encoder: number,
      pcm: number,
      frames: number,
      packet: number,
      maxBytes: number,
    ) => number;
    readonly _opus_encoder_destroy: (encoder: number) => void;
  }
  const exported: { Module: OpusModule };
  export default exported;
  export type { OpusModule };
}
