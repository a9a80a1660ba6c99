// A fault switch: every processor that begins a quantum throws, those of one quantum.
const { now } = Date;
let frame;
Date.now = () => {
  frame ??= currentFrame;
  if (currentFrame === frame) throw new Error('a fault that was switched on');
  Date.now = now;
  return now();
};
