import { fileURLToPath } from 'node:url';
import type { S3Options } from './s3-store.ts';
import { SettingsError } from './settings-error.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where files go: a folder, or a bucket. */
export type StoragePlace = { folder: string } | { s3: S3Options };

/**
 * Reads `file:///folder` or `s3://bucket/prefix`; whose bucket it is and how to sign in stands in the environment, under
 * the names that AWS's own tools use.
 */
export function readStorageUrl(text: string, environment: Environment): StoragePlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'file:' && url.host === '') return { folder: fileURLToPath(url) };
  if (url?.protocol !== 's3:' || url.host === '')
    throw new SettingsError('STORAGE', `"${text}" is neither s3://bucket/prefix nor file:///folder`);
  const prefix = decodeURIComponent(url.pathname).replace(/^\/+|\/+$/g, '');
  const need = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '')
      throw new SettingsError(name, 'STORAGE is an object store; set this to sign in there');
    return value;
  };
  const region = environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || 'us-east-1';
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] || environment['AWS_ENDPOINT_URL'];
  return {
    s3: {
      bucket: url.host,
      prefix,
      region,
      endpoint: endpoint || `https://s3.${region}.amazonaws.com`,
      accessKeyId: need('AWS_ACCESS_KEY_ID'),
      secretAccessKey: need('AWS_SECRET_ACCESS_KEY'),
      sessionToken: environment['AWS_SESSION_TOKEN'] || undefined,
      encryption: environment['STORAGE_ENCRYPTION'] || undefined,
    },
  };
}
