import { Client } from 'pg';
import type { Database } from './database.ts';

/** The one channel of all processes. */
const CHANNEL = 'turntape_sessions';

/**
 * Notices between processes on one PostgreSQL, by LISTEN and NOTIFY. Listening needs a connection of its own, straight to the
 * server: a pooler in transaction mode has none to give, and then nothing is heard.
 */
export function postgresChannel(url: string, query: Database['query']): NonNullable<Database['channel']> {
  return {
    async tell(text) {
      await query('SELECT pg_notify($1, $2)', [CHANNEL, text]);
    },
    async listen(onText, onLost) {
      const client = new Client({ connectionString: url, application_name: 'turntape-server events', keepAlive: true });
      let isClosed = false;
      const lost = () => {
        if (!isClosed) onLost();
        isClosed = true;
      };
      client.on('error', lost);
      client.on('end', lost);
      client.on('notification', ({ payload = '' }) => onText(payload));
      try {
        await client.connect();
        await client.query(`LISTEN ${CHANNEL}`);
      } catch (cause) {
        isClosed = true;
        await client.end().catch(() => undefined);
        throw cause;
      }
      return async () => {
        isClosed = true;
        await client.end();
      };
    },
  };
}
