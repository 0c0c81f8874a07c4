/** The store in a PostgreSQL database, for servers. */
export { openPostgresStore, type PostgresStoreOptions } from './open-postgres-store.ts';
