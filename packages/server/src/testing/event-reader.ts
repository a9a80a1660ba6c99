/** One frame of a stream of server-sent events. */
export interface HeardEvent {
  event: string;
  id: string | undefined;
  data: Record<string, unknown>;
  /** When to come back, in milliseconds. */
  retry: number | undefined;
}

/** A line that events come on. */
export interface EventLine extends AsyncDisposable {
  headers: Headers;
  /** The next event; undefined when the line has ended. */
  next(): Promise<HeardEvent | undefined>;
  /** The next so many. */
  take(count: number): Promise<HeardEvent[]>;
}

/** Listens, as an EventSource does, with headers. */
export async function openEventStream(url: string, headers: Record<string, string>): Promise<EventLine> {
  const leaving = new AbortController();
  const response = await fetch(url, { headers, signal: leaving.signal });
  if (response.status !== 200 || response.body === null) throw new Error(`It answered ${response.status}.`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const line: EventLine = {
    headers: response.headers,
    async next() {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end >= 0) {
          const frame = text.slice(0, end);
          text = text.slice(end + 2);
          if (frame.startsWith(':')) continue;
          return parse(frame);
        }
        const { done, value } = await reader.read();
        if (done) return undefined;
        text += value;
      }
    },
    async take(count) {
      const events: HeardEvent[] = [];
      while (events.length < count) {
        const event = await line.next();
        if (event === undefined) throw new Error(`It ended after ${events.length} events.`);
        events.push(event);
      }
      return events;
    },
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await reader.cancel().catch(() => undefined);
    },
  };
  return line;
}

function parse(frame: string): HeardEvent {
  const field = (name: string) =>
    frame
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  const retry = field('retry');
  return {
    event: field('event') ?? 'message',
    id: field('id'),
    data: JSON.parse(field('data') ?? '{}') as Record<string, unknown>,
    retry: retry === undefined ? undefined : Number(retry),
  };
}
