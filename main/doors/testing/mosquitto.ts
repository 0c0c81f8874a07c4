import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';

const PROGRAMS = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'];

/** Debian's broker; null where it is not installed. */
export const MOSQUITTO = PROGRAMS.find((path) => existsSync(path)) ?? null;

/** Its plugin that can refuse subscriptions; null where it is not installed. */
export const DYNAMIC_SECURITY = globSync('/usr/lib/*/mosquitto_dynamic_security.so')[0] ?? null;

/** What a broker answers to who has no password (MQTT 3.1.1, 3.2.2.3). */
const NOT_AUTHORIZED = 5;

/** A real broker on loopback, to be stopped and started again at one port. */
export class Mosquitto {
  readonly #config: string;
  readonly port: number;
  #child: ChildProcess | null = null;

  private constructor(config: string, port: number) {
    this.#config = config;
    this.port = port;
  }

  /** @param settings further lines of its configuration, which lies in `dir` */
  static async start(dir: string, settings: readonly string[] = []): Promise<Mosquitto> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const config = join(dir, 'mosquitto.conf');
    const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', ...settings];
    await writeFile(config, `${lines.join('\n')}\n`);
    const broker = new Mosquitto(config, port);
    await broker.start();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn(MOSQUITTO!, ['-c', this.#config], { stdio: 'ignore' });
    this.#child = child;
    for (;;) {
      const client = await this.client().catch((error: { readonly code?: unknown }) =>
        error.code === NOT_AUTHORIZED ? 'closed' : null,
      );
      if (client === 'closed') return;
      if (client !== null) return await client.endAsync();
      if (child.exitCode !== null) throw new Error('the broker does not start');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    this.#child = null;
  }

  /** Lets it hang, or go on: it keeps its connections, and answers nothing. */
  pause(isPaused: boolean): void {
    this.#child?.kill(isPaused ? 'SIGSTOP' : 'SIGCONT');
  }

  client(options: IClientOptions = {}): Promise<MqttClient> {
    return connectAsync(this.url, { reconnectPeriod: 0, connectTimeout: 5_000, ...options }, false);
  }
}
