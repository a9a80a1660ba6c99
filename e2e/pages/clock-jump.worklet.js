// A fault switch: the wall clock of the audio thread leaps ahead by five seconds.
const { now } = Date;
Date.now = () => now() + 5000;
