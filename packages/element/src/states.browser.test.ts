import axe from 'axe-core';
import { afterEach, expect, test } from 'vitest';
import './define.ts';
import { drawn } from './testing/element-state.ts';
import type { StateShown } from './testing/element-state.ts';
import { ELEMENT_STATES } from './testing/states.ts';

let shown: StateShown | undefined;

afterEach(() => {
  shown?.leave();
  document.body.replaceChildren();
});

/** What axe has to say, each with the place. */
async function violations(rules?: string[]): Promise<string[]> {
  const results = await axe.run(document.body, {
    resultTypes: ['violations'],
    rules: { region: { enabled: false } },
    ...(rules && { runOnly: { type: 'rule', values: rules } }),
  });
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} at ${target.flat().join(' ')}: ${failureSummary}`),
  );
}

test.for(ELEMENT_STATES)('[A11Y-1] axe finds nothing wrong, in light and dark: $name', async (state) => {
  shown = await state.show(document.body);
  expect(await violations()).toEqual([]);
  document.documentElement.style.colorScheme = 'dark';
  shown.element.style.colorScheme = 'dark';
  document.body.style.background = '#000';
  await drawn(shown.element);
  expect(await violations(['color-contrast'])).toEqual([]);
  document.body.style.background = '';
  document.documentElement.style.colorScheme = '';
});
