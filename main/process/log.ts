import { pino, type Logger } from 'pino';

export type Log = Logger;

/**
 * JSON lines on standard error, written before the call returns so that a crash loses none. Callers log codes, channel
 * names and counts: never input, images, templates, keys or PINs.
 */
export function createLog(level: 'info' | 'silent' = 'info'): Log {
  return pino({ name: 'lintel', level }, pino.destination({ dest: 2, sync: true }));
}
