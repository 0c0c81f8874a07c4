import { readFile } from 'node:fs/promises';

/** Times to read the table: one that changes meanwhile may lack a row. */
const LOOKS = 3;

/**
 * The user at the other end of a connection over loopback, as the kernel knows it; null where it does not tell.
 * Columns as proc_pid_net(5) describes `tcp`: addresses and ports in hexadecimal, the user in the eighth.
 * @param port of the other end
 * @param ownPort of this end
 */
export async function userOfPeer(
  port: number,
  ownPort: number,
  table = '/proc/net/tcp',
): Promise<number | null> {
  for (let look = 0; look < LOOKS; look++) {
    const rows = (await readFile(table, 'utf8').catch(() => '')).split('\n').slice(1);
    for (const row of rows) {
      const [, local, remote, , , , , user] = row.trim().split(/\s+/);
      if (local === loopback(port) && remote === loopback(ownPort)) return Number(user);
    }
  }
  return null;
}

const loopback = (port: number): string => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
