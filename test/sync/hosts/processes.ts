import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Orders } from './messages.ts';
import { Said } from './messages.ts';

const SERVER = fileURLToPath(new URL('../../../server/main.ts', import.meta.url));
const APPLIANCE = fileURLToPath(new URL('./appliance-process.ts', import.meta.url));

/** A process in a network namespace of its own. */
class HostProcess {
  protected readonly child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #errors = '';

  constructor(host: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    // `ip` becomes the program: the process id is the program's.
    this.child = spawn('ip', ['netns', 'exec', host, process.execPath, ...args], {
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

  requireAlive(): void {
    if (this.child.exitCode !== null) throw new Error(`A process ended:\n${this.#errors}`);
  }
}

/** The server, as `npm run server` starts it. */
export class ServerProcess extends HostProcess {
  readonly listening: Promise<void>;

  constructor(host: string, address: string, { data, keyFile }: { data: string; keyFile: string }) {
    const options = ['--host', address, '--port', '8080', '--data', data, '--workers', '1'];
    super(host, [SERVER, ...options], { LINTEL_KEY_FILE: keyFile });
    const { promise, resolve } = Promise.withResolvers<void>();
    let output = '';
    this.child.stdout!.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (/^Listening at /m.test(output)) resolve();
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

  constructor(host: string, orders: Orders) {
    super(host, [APPLIANCE, JSON.stringify(orders)]);
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.last = Said.parse(JSON.parse(line));
      if (this.last.whole) this.whole++;
    });
  }
}
