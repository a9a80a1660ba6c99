import { afterEach, expect, test } from 'vitest';
import { cdp } from 'vitest/browser';
import './define.ts';
import { inside } from './testing/mount.ts';
import { drawn } from './testing/element-state.ts';
import type { StateShown } from './testing/element-state.ts';
import { ELEMENT_STATES } from './testing/states.ts';

interface Value {
  value?: unknown;
}
interface AXNode {
  nodeId: string;
  ignored: boolean;
  role?: Value;
  name?: Value;
  value?: Value;
  properties?: { name: string; value: Value }[];
  childIds?: string[];
}
interface Frame {
  frame: { id: string; url: string };
  childFrames?: Frame[];
}
interface Devtools {
  send(method: 'Page.getFrameTree'): Promise<{ frameTree: Frame }>;
  send(method: 'Accessibility.getFullAXTree', params: { frameId: string }): Promise<{ nodes: AXNode[] }>;
  send(method: string, params?: object): Promise<unknown>;
}

const devtools = cdp() as unknown as Devtools;
let shown: StateShown | undefined;

afterEach(async () => {
  shown?.leave();
  shown = undefined;
  document.body.replaceChildren();
  await devtools.send('Emulation.setEmulatedMedia', { features: [] });
});

async function show(name: string): Promise<StateShown> {
  const state = ELEMENT_STATES.find((one) => one.name === name);
  if (!state) throw new Error(`There is no state ${name}.`);
  shown = await state.show(document.body);
  return shown;
}

/** Roles that say nothing of their own, or repeat their parent's name. */
const PLAIN = new Set([
  'none',
  'generic',
  'StaticText',
  'InlineTextBox',
  'ListMarker',
  'paragraph',
  'LayoutTable',
  'Canvas',
  'LabelText',
  'MenuListPopup',
  'option',
]);
/** Not said. */
const OFF: ReadonlySet<unknown> = new Set([false, 'false', 'off', '']);
/** What a screen reader says beside role and name. */
const SAID = new Set(['pressed', 'disabled', 'busy', 'live', 'modal', 'invalid']);

/** The tree as a screen reader gets it: role, name and states, one line for each node that has something to say. */
async function tree(): Promise<string[]> {
  const { frameTree } = await devtools.send('Page.getFrameTree');
  const frames = [frameTree, ...(frameTree.childFrames ?? [])];
  const mine = frames.find(({ frame }) => frame.url === location.href);
  if (!mine) throw new Error('The frame of the test is not to be found.');
  const { nodes } = await devtools.send('Accessibility.getFullAXTree', { frameId: mine.frame.id });
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const lines = ({ ignored, role, name, value, properties = [], childIds = [] }: AXNode): string[] => {
    const inner = childIds.flatMap((id) => {
      const child = byId.get(id);
      return child ? lines(child) : [];
    });
    if (ignored || PLAIN.has(String(role?.value))) return inner;
    const states = properties
      .filter(({ name: property, value: is }) => SAID.has(property) && !OFF.has(is.value))
      .map(({ name: property, value: is }) => `${property}=${String(is.value)}`);
    const words = name?.value ? JSON.stringify(name.value) : undefined;
    const now = value?.value === undefined ? undefined : `(${JSON.stringify(value.value).replaceAll('"', '')})`;
    return [[role?.value, words, now, ...states].filter(Boolean).join(' '), ...inner];
  };
  return nodes[0] ? lines(nodes[0]) : [];
}

test('[A11Y-2] a running conversation in the accessibility tree', async () => {
  await show('interrupted');
  // From the top to the bottom, which is the order of the keyboard.
  await expect
    .poll(tree)
    .toEqual([
      expect.stringMatching(/^RootWebArea/),
      'region "Conversation recorder"',
      'sectionheader',
      'image "Waveform of the conversation: you above, the bot below"',
      'group "Levels"',
      expect.stringMatching(/^meter "Your microphone" \(-\d+\)$/),
      'meter "The bot’s voice" (-60)',
      'button "Stop"',
      'button "Mute"',
      'button "Bot’s sound off"',
      'slider "Volume of the bot" (100)',
      'combobox "Microphone" (Built-in Microphone)',
      'combobox "Loudspeaker" (System default)',
      'region "Turns"',
      'list',
      'listitem',
      'button "Play turn 1, Bot, 2.8 s"',
      'listitem',
      'button "Play turn 2, You, 3.2 s"',
      'listitem',
      'button "Play turn 3, Bot, 3.4 s"',
      'listitem',
      'sectionfooter',
      'button "Save audio"',
      'button "Save everything"',
      'status live=polite',
    ]);
});

test('[A11Y-2] failures and questions in the accessibility tree', async () => {
  await show('failure-microphone-denied');
  expect(await tree()).toContain('alert live=assertive');
  shown?.leave();
  await show('muted');
  expect(await tree()).toContain('button "Mute" pressed=true');
  shown?.leave();
  await show('deafened');
  expect(await tree()).toContain('button "Bot’s sound off" pressed=true');
  expect(await tree()).toContain('slider "Volume of the bot" (40)');
  shown?.leave();
  await show('delivering');
  expect(await tree()).toContain('progressbar "Delivered" (40)');
  shown?.leave();
  await show('erasing');
  expect(await tree()).toContain('alertdialog "Erase this conversation?" modal=true');
});

/** What can be pressed or chosen. */
const TARGETS = 'button, select, input';

test('[A11Y-4] everything that can be pressed is 24 pixels and more, and what leads on 44', async () => {
  for (const state of ELEMENT_STATES) {
    shown = await state.show(document.body);
    const sizes = inside(shown.element, TARGETS).filter((node) => node.checkVisibility());
    for (const node of sizes) {
      const { width, height } = node.getBoundingClientRect();
      const main = node.matches('.main, .mute, .deafen, .talk, .consent button, dialog button, select');
      expect
        .soft(Math.min(width, height), `${state.name}: ${node.getAttribute('part')}`)
        .toBeGreaterThanOrEqual(main ? 44 : 24);
    }
    shown.leave();
  }
});

test('[A11Y-5] with colours of the reader’s own the two lanes, the pressed key and the focus can be told apart', async () => {
  await devtools.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
  const { element } = await show('muted');
  await drawn(element);
  const color = (selector: string): string => getComputedStyle(inside(element, selector)[0]!).color;
  expect(color('.lane-name.user')).not.toBe(color('.lane-name.bot'));
  const mute = getComputedStyle(inside(element, '.mute')[0]!);
  expect(mute.outlineStyle).toBe('solid');
  const stop = inside(element, '.stop')[0]!;
  stop.focus({ focusVisible: true });
  expect(getComputedStyle(stop).outlineStyle).toBe('solid');
  expect(getComputedStyle(inside(element, '.tape-heard')[0]!).backgroundColor).not.toBe('rgba(0, 0, 0, 0)');
});
