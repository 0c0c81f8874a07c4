import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type QueryResult } from 'pg';

/** Where Debian's `postgresql` has its programs, the newest first; null where it is not installed. */
export const POSTGRES =
  globSync('/usr/lib/postgresql/*/bin')
    .filter((folder) => existsSync(join(folder, 'postgres')))
    .toSorted()
    .at(-1) ?? null;

/** PostgreSQL refuses to run as root. */
function runner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const nobody = readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(\d+):(\d+):/m);
  return { uid: Number(nobody![1]), gid: Number(nobody![2]) };
}

/** A real PostgreSQL of its own in a temporary folder, which listens to a socket there and to no port. */
export class Cluster {
  readonly #dir: string;
  #child: ChildProcess;

  private constructor(dir: string, child: ChildProcess) {
    this.#dir = dir;
    this.#child = child;
  }

  /** @param settings by default nothing waits for the disk */
  static async start(settings: readonly string[] = ['fsync=off', 'full_page_writes=off']): Promise<Cluster> {
    const as = runner();
    const dir = await mkdtemp(join(tmpdir(), 'lintel-pg-'));
    if (as.uid !== undefined) chownSync(dir, as.uid, as.gid!);
    const data = join(dir, 'data');
    const init = ['-D', data, '-U', 'lintel', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
    execFileSync(join(POSTGRES!, 'initdb'), init, { ...as, stdio: 'ignore', cwd: dir });
    const options = ['listen_addresses=', 'shared_buffers=32MB', 'max_connections=100', ...settings];
    const child = spawn(
      join(POSTGRES!, 'postgres'),
      ['-D', data, '-k', dir, ...options.flatMap((option) => ['-c', option])],
      { ...as, stdio: 'ignore', cwd: dir },
    );
    const cluster = new Cluster(dir, child);
    await cluster.#answer();
    return cluster;
  }

  get url(): string {
    return `postgres://lintel@localhost/postgres?host=${encodeURIComponent(this.#dir)}`;
  }

  async query(sql: string): Promise<QueryResult<Record<string, unknown>>> {
    const client = new Client(this.url);
    await client.connect();
    try {
      return await client.query<Record<string, unknown>>(sql);
    } finally {
      await client.end();
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGQUIT');
      await ended;
    }
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #answer(): Promise<void> {
    for (;;) {
      const answers = await this.query('SELECT 1').catch(() => null);
      if (answers !== null) return;
      if (this.#child.exitCode !== null) throw new Error('PostgreSQL does not start');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
