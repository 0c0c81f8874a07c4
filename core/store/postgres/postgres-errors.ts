import { inCatalogue, type Meanings } from '../disk/coded-errors.ts';

/** Beginnings of PostgreSQL's (https://www.postgresql.org/docs/15/errcodes-appendix.html) and the network's error codes. */
const MEANINGS: Meanings = [
  ['53100', 'store-full'],
  ['25006', 'store-read-only'],
  ['58030', 'disk-failing'],
  ['XX001', 'store-corrupt'],
  ['XX002', 'store-corrupt'],
  // U+0000, in a text or written in JSON: no text here has it, and whoever sent it sent what no schema should let through.
  ['22021', 'usage'],
  ['22P05', 'usage'],
  // Connections, resources, operators who shut the database down, locks and conflicts: it may pass.
  ['08', 'store-busy'],
  ['53', 'store-busy'],
  ['57', 'store-busy'],
  ['55P03', 'store-busy'],
  ['40', 'store-busy'],
  // Another server did the same in between; a caller who asks again finds it done.
  ['23505', 'store-busy'],
  ['ECONN', 'store-busy'],
  ['EPIPE', 'store-busy'],
  ['ETIMEDOUT', 'store-busy'],
  ['ENOENT', 'store-busy'],
];

/** An error of PostgreSQL or on the way to it as one of the catalogue; anything else comes back as it is. */
export function fromPostgres(error: unknown): unknown {
  // The driver gives an ended connection no code.
  const isEnded =
    error instanceof Error && /Connection terminated|timeout exceeded|connection error/.test(error.message);
  return inCatalogue(error, MEANINGS, isEnded ? 'store-busy' : undefined);
}
