import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type QueryResult } from 'pg';

/** Where Debian's `postgresql` has its programs, the newest first; null where it is not installed. */
export const POSTGRES =
  globSync('/usr/lib/postgresql/*/bin')
    .filter((folder) => existsSync(join(folder, 'postgres')))
    .toSorted()
    .at(-1) ?? null;

const DUMPING = { maxBuffer: 2 ** 26 } as const;

const isOfLog = (name: string): boolean => /^[0-9A-F]{24}$/.test(name);

/** A page of the log is 8 kB and begins with a header of 24 bytes, the first of a file with one of 40 (xlog_internal.h). */
function recordsIn(file: Buffer): Buffer {
  const pages: Buffer[] = [];
  for (let at = 0; at < file.length; at += 8192)
    pages.push(file.subarray(at + (at === 0 ? 40 : 24), at + 8192));
  return Buffer.concat(pages);
}

/** PostgreSQL refuses to run as root. */
function runner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const nobody = readFileSync('/etc/passwd', 'utf8').match(/^nobody:[^:]*:(\d+):(\d+):/m);
  return { uid: Number(nobody![1]), gid: Number(nobody![2]) };
}

/** A real PostgreSQL of its own in a temporary folder, which listens to a socket there and to no port. */
export class Cluster {
  readonly #dir: string;
  readonly #run: () => ChildProcess;
  #child: ChildProcess;

  private constructor(dir: string, run: () => ChildProcess) {
    this.#dir = dir;
    this.#run = run;
    this.#child = run();
  }

  /** @param settings by default nothing waits for the disk, and the whole log is kept */
  static async start(
    settings: readonly string[] = ['fsync=off', 'full_page_writes=off', 'wal_keep_size=1GB'],
  ): Promise<Cluster> {
    const as = runner();
    const dir = await mkdtemp(join(tmpdir(), 'lintel-pg-'));
    if (as.uid !== undefined) chownSync(dir, as.uid, as.gid!);
    const data = join(dir, 'data');
    const init = [
      '-D',
      data,
      '-U',
      'lintel',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
      '--wal-segsize=1',
    ];
    execFileSync(join(POSTGRES!, 'initdb'), init, { ...as, stdio: 'ignore', cwd: dir });
    const options = ['listen_addresses=', 'shared_buffers=32MB', 'max_connections=100', ...settings];
    const run = () =>
      spawn(
        join(POSTGRES!, 'postgres'),
        ['-D', data, '-k', dir, ...options.flatMap((option) => ['-c', option])],
        { ...as, stdio: 'ignore', cwd: dir },
      );
    const cluster = new Cluster(dir, run);
    await cluster.#answer();
    return cluster;
  }

  /**
   * Kill all of its processes at once (SIGKILL), as a machine that loses its power would, and start it again as soon as the
   * system lets it: some end a moment later.
   */
  async crash(): Promise<void> {
    // It starts no other meanwhile.
    this.#child.kill('SIGSTOP');
    const { pid } = this.#child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    for (const child of children.trim().split(' ').filter(Boolean)) process.kill(Number(child), 'SIGKILL');
    await this.#end('SIGKILL');
    for (;;) {
      this.#child = this.#run();
      const started = await this.#answer().then(
        () => true,
        () => false,
      );
      if (started) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  get url(): string {
    return `postgres://lintel@localhost/postgres?host=${encodeURIComponent(this.#dir)}`;
  }

  /** Every file of it, the log included: its records in a row, without what stands between the pages of the log. */
  async *files(): AsyncGenerator<Buffer> {
    const entries = await readdir(this.#dir, { recursive: true, withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const file = await readFile(join(entry.parentPath, entry.name)).catch(
        (error: NodeJS.ErrnoException) => {
          // The server removes files while one reads.
          if (error.code === 'ENOENT') return null;
          throw error;
        },
      );
      if (file !== null) yield isOfLog(entry.name) ? recordsIn(file) : file;
    }
  }

  /** Copy a schema into a new database, as a backup is restored. @returns its address */
  async restored(schema: string, database: string): Promise<string> {
    const at = ['-h', this.#dir, '-U', 'lintel'];
    const dump = execFileSync(join(POSTGRES!, 'pg_dump'), [...at, '-n', schema, 'postgres'], DUMPING);
    await this.query(`CREATE DATABASE ${database}`);
    execFileSync(join(POSTGRES!, 'psql'), [...at, '-q', '-v', 'ON_ERROR_STOP=1', database], {
      ...DUMPING,
      input: dump,
    });
    const url = new URL(this.url);
    url.pathname = database;
    url.searchParams.set('schema', schema);
    return url.href;
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
    await this.#end('SIGQUIT');
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    await ended;
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
