export function pinkNoise(length: number): Float32Array;
export function click(clockRate: number): Float32Array;
export function noises(clockRate: number): { name: string; samples: Float32Array }[];
