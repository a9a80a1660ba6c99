import { html } from 'lit';
import type { PropertyDeclarations, TemplateResult } from 'lit';
import { LightElement } from './light-element.ts';
import { histogram } from './latencies.ts';
import { median } from './tape.ts';
import type { Tape } from './tape.ts';
import { milliseconds } from './words-for-people.ts';

/** Width of a column and how many, for what takes about a second and for what takes some tenths of one. */
const ANSWERS = { widthMs: 250, columns: 12 };
const SILENCES = { widthMs: 50, columns: 12 };

/** How long it took, again and again: one square for each answer and each cut of every session on this device. */
export class DemoLatency extends LightElement {
  static override properties: PropertyDeclarations = { tapes: { attribute: false } };

  declare tapes: readonly Tape[];

  constructor() {
    super();
    this.tapes = [];
  }

  protected override render(): TemplateResult {
    const turns = this.tapes.flatMap((tape) => tape.turns);
    const answers = known(turns.map(({ answeredMs }) => answeredMs));
    const silences = known(turns.map(({ silenceMs }) => silenceMs));
    return html`
      <div class="latency">
        ${chart('It answers', 'from your last word to its first sound', answers, ANSWERS)}
        ${chart('It falls silent', 'from the first sound of your voice to the end of its own', silences, SILENCES)}
      </div>
    `;
  }
}

const known = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);

function chart(
  title: string,
  subtitle: string,
  values: readonly number[],
  { widthMs, columns }: { widthMs: number; columns: number },
): TemplateResult {
  const middle = median(values);
  const bars = histogram(values, widthMs, columns);
  const highest = Math.max(4, ...bars.map(({ count }) => count));
  const words =
    middle === null ? 'nothing measured yet' : `${values.length} measured, middle one ${milliseconds(middle)}`;
  return html`
    <figure class="chart">
      <figcaption>
        <b>${title}</b> <span class="muted">${subtitle}</span>
        <span class="chart-middle">${middle === null ? '–' : milliseconds(middle)}</span>
      </figcaption>
      <div class="chart-bars ${middle === null ? 'none' : ''}" role="img" aria-label=${`${title}: ${words}`}>
        ${
          middle === null
            ? html`<span>Nothing measured yet</span>`
            : bars.map(
                ({ count, fromMs }) => html`
                  <div title=${`${count} from ${milliseconds(fromMs)}`}>
                    <i .style=${`block-size: ${(100 * count) / highest}%`}></i>
                  </div>
                `,
              )
        }
      </div>
      <div class="chart-axis" aria-hidden="true">
        <span>0</span><span>${milliseconds((widthMs * columns) / 2)}</span>
        <span>${milliseconds(widthMs * (columns - 1))} and more</span>
      </div>
    </figure>
  `;
}

customElements.define('demo-latency', DemoLatency);
