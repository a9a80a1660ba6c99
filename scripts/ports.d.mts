/** Whether nobody listens on a port of this machine. */
export function isFree(port: number): Promise<boolean>;

/** A port that nobody uses now, nor by chance a moment later. */
export function freePort(): Promise<number>;
