// A fault switch: from a time on, the wall clock of the audio thread leaps, by the milliseconds that the address says.
const { now } = Date;
const [by, at] = ['by', 'at'].map((name) => Number(new RegExp(`${name}=(-?[\\d.]+)`).exec(import.meta.url)[1]));
Date.now = () => now() + (now() >= at ? by : 0);
