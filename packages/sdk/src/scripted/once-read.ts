import type { StoreName, TurntapeDatabase } from '../storage/database.ts';

/** The same database, in which something happens right behind the first reading of these stores: what another tab may do then. */
export function onceRead(db: TurntapeDatabase, stores: string, happens: () => Promise<unknown>): TurntapeDatabase {
  let isOver = false;
  const read: TurntapeDatabase['read'] = async (names, work) => {
    const result = await db.read(names, work);
    if (!isOver && (names satisfies StoreName[]).join() === stores) {
      isOver = true;
      await happens();
    }
    return result;
  };
  return new Proxy(db, {
    get: (_target, name) => {
      if (name === 'read') return read;
      const value: unknown = Reflect.get(db, name, db);
      return typeof value === 'function' ? value.bind(db) : value;
    },
  });
}
