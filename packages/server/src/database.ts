/** A statement that is asked again and again: it is planned once for each connection, which is most of what it costs. */
export interface Statement {
  /** Of this text and no other. */
  readonly name: string;
  readonly text: string;
}

/** Something that runs SQL. The text and the answers are PostgreSQL's, whichever database is beneath. */
export interface Queryable {
  /** One statement with `$1` parameters. BIGINT differs between drivers: cast it in the SQL. JSON goes in as text. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names what it selects
  query<Row>(statement: string | Statement, params?: readonly unknown[]): Promise<{ rows: Row[] }>;
}

/** A {@link Queryable} within one transaction. */
export interface Transaction extends Queryable {
  /** Many statements without parameters: a migration. */
  script(text: string): Promise<void>;
}

/** A {@link Queryable} that can do several things as one. */
export interface Scope extends Queryable {
  /** Commits when `work` settles, rolls back when it throws. Within {@link Database.exclusively} it may join its own. */
  transaction<Result>(work: (transaction: Transaction) => Promise<Result>): Promise<Result>;
}

/** The thin layer between our SQL and a driver: one for PGlite here, one for `pg` beside it. */
export interface Database extends Scope {
  /**
   * Runs `work` while nobody else runs work of the same key, in this process or in another on the same database. `work`
   * must ask the scope that it is given, not the database: a pool whose connections all wait for one more would stand.
   */
  exclusively<Result>(key: string, work: (scope: Scope) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
  /** Makes room of what was deleted; undefined: the database does so by itself. */
  vacuum?(): Promise<void>;
  /** Short notices to every process on the same database, this one included; undefined: there is no other. */
  readonly channel?: {
    tell(text: string): Promise<void>;
    /** Settles when it hears; the function that it gives ends it. `onLost`: it hears no more. */
    listen(onText: (text: string) => void, onLost: () => void): Promise<() => Promise<void>>;
  };
  /** `embedded`: one process, one connection. `postgres`: shared by as many as there are. */
  readonly kind: 'embedded' | 'postgres';
  /** What the operator should know of this database, for the start-up line. */
  readonly caveat: string;
}
