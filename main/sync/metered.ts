import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What NetworkManager says of a connection that costs by volume, or that it takes for one. */
const METERED = /^GENERAL\.METERED:(yes|yes \(guessed\))$/m;

/** Whether the network costs by volume. False where that is unknown: without NetworkManager. */
export async function isMetered(): Promise<boolean> {
  try {
    const { stdout } = await run('nmcli', ['-t', '-f', 'GENERAL.METERED', 'device', 'show'], {
      timeout: 2_000,
    });
    return METERED.test(stdout);
  } catch {
    return false;
  }
}
