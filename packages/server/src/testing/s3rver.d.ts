/** The part of s3rver that the tests use; the package has no types. */
declare module 's3rver' {
  interface Options {
    port: number;
    address: string;
    silent: boolean;
    directory: string;
    configureBuckets: { name: string; configs: unknown[] }[];
  }
  export default class S3rver {
    constructor(options: Options);
    /** Where it listens. */
    run(): Promise<unknown>;
    close(): Promise<void>;
  }
}
