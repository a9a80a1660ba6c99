import { join } from 'node:path';
import { ROOT } from '../../scripts/run.mjs';
import { serve, type Site, type SiteOptions } from '../fixtures/serve.mjs';

/** What a site may have beside the folders that every one has. */
export interface RecorderSiteOptions extends Omit<Partial<SiteOptions>, 'proxies'> {
  /** A server's URL: its `/v1` answers on the site's own origin. */
  server?: string;
}

/** The built package under `/sdk/`, the test pages under `/`, and what is asked for beside them. */
export async function openSite({ server, folders, ...options }: RecorderSiteOptions = {}): Promise<Site> {
  return serve({
    folders: {
      '/': join(ROOT, 'e2e', 'pages'),
      '/sdk/': join(ROOT, 'packages', 'sdk', 'dist'),
      ...folders,
    },
    ...(server === undefined ? {} : { proxies: { '/v1': server } }),
    ...options,
  });
}
