/** What a recording says to the server: nothing but that the bot was cut, and where. */
export type ClientEvent = { event_id?: string } & (
  | { type: 'conversation.item.truncate'; item_id: string; content_index: number; audio_end_ms: number }
  | { type: 'response.cancel'; response_id?: string }
  | { type: 'output_audio_buffer.clear' }
);

/**
 * The server forgets what nobody heard of an item. Undefined: all of it was heard, or nothing of it ever came, which the server would
 * refuse. Whole milliseconds, never more than was received and never less than nothing.
 */
export function truncation(item: {
  itemId: string;
  contentIndex: number;
  heardMs: number;
  receivedMs: number;
}): ClientEvent | undefined {
  const received = Math.floor(item.receivedMs);
  const heard = Math.floor(Math.max(0, item.heardMs));
  if (received <= 0 || heard >= received) return undefined;
  return {
    type: 'conversation.item.truncate',
    item_id: item.itemId,
    content_index: item.contentIndex,
    audio_end_ms: heard,
  };
}
