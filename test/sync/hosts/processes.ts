import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Orders } from './messages.ts';
import { Said } from './messages.ts';

const SERVER = fileURLToPath(new URL('../../../server/main.ts', import.meta.url));
const APPLIANCE = fileURLToPath(new URL('./appliance-process.ts', import.meta.url));

/** A process, in a network namespace if one is named. */
class HostProcess {
  protected readonly child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #errors = '';

  constructor(host: string | null, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // `ip` becomes the program: the process id is the program's.
    const within = host === null ? [] : ['ip', 'netns', 'exec', host];
    const [command, ...words] = [...within, process.execPath, ...args];
    this.child = spawn(command!, words, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stderr!.on('data', (chunk: Buffer) => {
      this.#errors = (this.#errors + chunk.toString()).slice(-4000);
    });
    this.#exited = once(this.child, 'exit');
  }

  /** @throws Error with what it wrote when it had ended before */
  async kill(): Promise<void> {
    this.requireAlive();
    this.child.kill('SIGKILL');
    await this.#exited;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.#exited;
  }

  /** Megabytes that it holds in memory, and that it held at most. */
  async memory(): Promise<{ now: number; most: number }> {
    const status = await readFile(`/proc/${this.child.pid}/status`, 'utf8');
    const megabytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
    return { now: megabytes('VmRSS'), most: megabytes('VmHWM') };
  }

  requireAlive(): void {
    if (this.child.exitCode !== null) throw new Error(`A process ended:\n${this.#errors}`);
  }
}

/** The server, as `npm run server` starts it. */
export class ServerProcess extends HostProcess {
  /** Where. */
  readonly listening: Promise<string>;

  constructor(
    host: string | null,
    address: string,
    { data, keyFile }: { data: string; keyFile: string },
    port = 8080,
  ) {
    const options = ['--host', address, '--port', String(port), '--data', data, '--workers', '1'];
    super(host, [SERVER, ...options], { LINTEL_KEY_FILE: keyFile });
    const { promise, resolve } = Promise.withResolvers<string>();
    let output = '';
    this.child.stdout!.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const [, origin] = /^Listening at (\S+)/m.exec(output) ?? [];
      if (origin !== undefined) resolve(origin);
    });
    this.listening = promise;
  }
}

/** An appliance without a screen. */
export class ApplianceProcess extends HostProcess {
  /** What it said last, if anything. */
  last: Said | null = null;
  /** Exchanges that came to their end. */
  whole = 0;

  constructor(host: string | null, orders: Orders) {
    super(host, [APPLIANCE, JSON.stringify(orders)]);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.last = Said.parse(JSON.parse(line));
      if (this.last.whole) this.whole++;
    });
  }
}
