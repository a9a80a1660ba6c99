import type { StoredBlob } from './blob-store.ts';

/** One page of a bucket's listing. */
export interface ObjectListPage {
  objects: StoredBlob[];
  /** Continuation token; undefined on the last page. */
  next: string | undefined;
}

/**
 * Reads the XML of ListObjectsV2. Every element asked for is flat text, and the keys below our prefix are UUIDs and
 * words of ours: no XML parser is needed for that.
 */
export function parseObjectList(xml: string): ObjectListPage {
  const objects = Array.from(xml.matchAll(/<Contents>(.*?)<\/Contents>/gs), ([, content = '']) => ({
    key: element(content, 'Key') ?? '',
    byteSize: Number(element(content, 'Size') ?? 0),
    modifiedAtMs: Date.parse(element(content, 'LastModified') ?? ''),
  }));
  return { objects, next: element(xml, 'NextContinuationToken') };
}

function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
  return text === undefined ? undefined : unescapeText(text);
}

function unescapeText(text: string): string {
  const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", '#39': "'" };
  return text.replace(/&(amp|lt|gt|quot|apos|#39);/g, (whole, name: string) => entities[name] ?? whole);
}
