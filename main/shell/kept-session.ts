import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Log } from '../process/index.ts';

/** What admits the page of a screen, where the next launch finds it after a crash. */
export interface KeptSession {
  /** The SHA-256 of the secret, or null where this version left none. */
  read(): Buffer | null;
  write(digest: Buffer): void;
  forget(): void;
}

/**
 * Keeps it in a file, for this user alone; no secret is in it. A file that cannot be read or written costs a new browser
 * after a crash, and nothing else.
 * @param path in memory: a session does not outlive the machine's power
 * @param version of this program; the page of another one is not taken over
 */
export function keepSessionIn(path: string, version: string, log: Log): KeptSession {
  const orWarn = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      log.warn({ err: error }, 'session not kept');
    }
  };
  return {
    read() {
      try {
        const [keptBy, digest = ''] = readFileSync(path, 'utf8').split('\n');
        return keptBy === version && /^[0-9a-f]{64}$/.test(digest) ? Buffer.from(digest, 'hex') : null;
      } catch {
        return null;
      }
    },
    write: (digest) =>
      orWarn(() => writeFileSync(path, `${version}\n${digest.toString('hex')}\n`, { mode: 0o600 })),
    forget: () => orWarn(() => rmSync(path, { force: true })),
  };
}
