/** The PostgreSQL types our columns have. */
export type ColumnType =
  | 'uuid'
  | 'text'
  | 'integer'
  | 'smallint'
  | 'bigint'
  | 'float8'
  | 'boolean'
  | 'timestamptz'
  | 'jsonb';

/** Values of one row under their columns' names. */
type Row<Columns> = { readonly [Name in keyof Columns]: unknown };

/** An INSERT whose text is fixed once and whose values come from rows. */
export interface Insert<Columns> {
  /** `INSERT INTO … VALUES ($1::uuid, …)`, to be followed by what happens on a conflict. */
  readonly text: string;
  params(row: Row<Columns>): unknown[];
  /** The parameter of a column, such as `$3::text`, for a second use in the same statement. */
  at(name: keyof Columns): string;
}

/** Names come from our own source, never from a request; values are parameters always. */
export function insertInto<const Columns extends Readonly<Record<string, ColumnType>>>(
  table: string,
  columns: Columns,
): Insert<Columns> {
  const entries = Object.entries(columns);
  const names = entries.map(([name]) => name).join(', ');
  const values = entries.map(([, type], i) => `$${i + 1}::${type}`);
  return {
    text: `INSERT INTO ${table} (${names}) VALUES (${values.join(', ')})`,
    at: (name) => values[entries.findIndex(([column]) => column === name)] ?? '',
    // JSON goes in as text: one driver would make a PostgreSQL array of a list.
    params: (row) => entries.map(([name, type]) => (type === 'jsonb' ? json(row[name]) : row[name])),
  };
}

function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
