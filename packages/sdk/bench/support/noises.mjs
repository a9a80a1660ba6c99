/** Sounds that are not speech, the same in every run. No more than arithmetic: they are made in browsers too. */

/**
 * Noise with an RMS of 1, the same in every run: Paul Kellet's filter over a linear congruential generator.
 *
 * @param {number} length
 * @returns {Float32Array}
 */
export function pinkNoise(length) {
  let seed = 1;
  const white = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 31 - 1;
  };
  let [a, b, c] = [0, 0, 0];
  const noise = new Float32Array(length).map(() => {
    const w = white();
    a = 0.997_65 * a + w * 0.099_046;
    b = 0.963 * b + w * 0.296_516_4;
    c = 0.57 * c + w * 1.052_691_3;
    return a + b + c + w * 0.1848;
  });
  const rms = Math.sqrt(noise.reduce((sum, sample) => sum + sample * sample, 0) / length);
  return noise.map((sample) => sample / rms);
}

/**
 * Five minutes in which nobody speaks: a fan (pink), traffic (brown, steeper below), a hiss (white) and a desk (a click
 * every second, with a faint fan). All at −40 dBFS but for the clicks.
 *
 * @param {number} clockRate
 * @returns {{ name: string, samples: Float32Array }[]}
 */
export function noises(clockRate) {
  const minute = 60 * clockRate;
  const pink = pinkNoise(2 * minute).map((sample) => sample * 0.01);
  const desk = pink.slice(0, minute).map((sample) => sample * 0.1);
  const oneClick = click(clockRate).subarray(clockRate, clockRate + Math.round(0.04 * clockRate));
  for (let at = clockRate; at + oneClick.length < minute; at += clockRate)
    oneClick.forEach((sample, n) => (desk[at + n] = (desk[at + n] ?? 0) + sample));
  return [
    { name: 'pink noise, 2 min', samples: pink },
    { name: 'brown noise, 1 min', samples: brownNoise(minute).map((sample) => sample * 0.01) },
    { name: 'white noise, 1 min', samples: whiteNoise(minute).map((sample) => sample * 0.01) },
    { name: 'clicks, 1 min', samples: desk },
  ];
}

/**
 * With an RMS of 1.
 *
 * @param {number} length
 */
function whiteNoise(length) {
  let seed = 7;
  return new Float32Array(length).map(() => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.sqrt(3) * (seed / 2 ** 31 - 1);
  });
}

/**
 * With an RMS of 1: white noise, summed up with a slow leak.
 *
 * @param {number} length
 */
function brownNoise(length) {
  let sum = 0;
  const noise = whiteNoise(length).map((white) => (sum = 0.999 * sum + white));
  const rms = Math.sqrt(noise.reduce((power, sample) => power + sample * sample, 0) / length);
  return noise.map((sample) => sample / rms);
}

/**
 * A click as a key or a cup makes: 40 ms of decaying noise in the middle of two seconds of silence.
 *
 * @param {number} clockRate
 * @returns {Float32Array}
 */
export function click(clockRate) {
  const samples = new Float32Array(2 * clockRate);
  const noise = pinkNoise(Math.round(0.04 * clockRate));
  noise.forEach((sample, n) => {
    samples[clockRate + n] = 0.15 * sample * Math.exp(-n / (0.01 * clockRate));
  });
  return samples;
}
