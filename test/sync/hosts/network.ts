import { spawnSync } from 'node:child_process';

/** What the line between two hosts is like. */
export const LINES = ['clean', 'lossy', 'delayed', '9.6 kbit/s'] as const;
export type Line = (typeof LINES)[number];

const SERVER_ADDRESS = '10.77.0.1';
const APPLIANCE_ADDRESS = '10.77.0.2';

/**
 * How `tc` makes a line. Without netem in the kernel, a queue too short for what comes drops packets, and a long one
 * before a slow line holds them up for seconds.
 */
const WITH_NETEM: Record<Line, string | null> = {
  clean: null,
  lossy: 'netem loss 10% delay 40ms 20ms',
  delayed: 'netem delay 800ms 200ms',
  '9.6 kbit/s': 'tbf rate 9600bit burst 1600 limit 20000',
};
const WITHOUT_NETEM: Record<Line, string | null> = {
  ...WITH_NETEM,
  lossy: 'tbf rate 128kbit burst 1600 limit 3200',
  delayed: 'tbf rate 64kbit burst 1600 latency 3s',
};

/** Two network namespaces and the line that joins them. */
export class Network {
  /** `ip netns exec` arguments for each host. */
  readonly server: string;
  readonly appliance: string;
  readonly serverAddress = SERVER_ADDRESS;
  readonly hasNetem: boolean;
  readonly #lines: Record<Line, string | null>;

  private constructor(name: string) {
    this.server = `${name}s`;
    this.appliance = `${name}a`;
    ip('netns', 'add', this.server);
    ip('netns', 'add', this.appliance);
    ip('link', 'add', 'line', 'netns', this.server, 'type', 'veth', 'peer', 'line', 'netns', this.appliance);
    ip('-n', this.server, 'addr', 'add', `${SERVER_ADDRESS}/24`, 'dev', 'line');
    ip('-n', this.appliance, 'addr', 'add', `${APPLIANCE_ADDRESS}/24`, 'dev', 'line');
    for (const host of this.#hosts) ip('-n', host, 'link', 'set', 'line', 'up');
    this.hasNetem = this.#tc(this.server, 'netem delay 1ms');
    this.#lines = this.hasNetem ? WITH_NETEM : WITHOUT_NETEM;
    this.be('clean');
  }

  /** @throws Error with what `ip` said */
  static create(): Network {
    const name = `lintel-${process.pid}-`;
    try {
      return new Network(name);
    } catch (error) {
      for (const host of [`${name}s`, `${name}a`]) run('ip', ['netns', 'delete', host]);
      throw error;
    }
  }

  /** Why this process cannot make networks, or null. */
  static get obstacle(): string | null {
    if (process.getuid?.() !== 0) return 'Only root can make network namespaces.';
    try {
      const network = Network.create();
      try {
        // Both need more than making them does.
        for (const host of network.#hosts) ip('netns', 'exec', host, 'true');
        for (const line of LINES) network.be(line);
      } finally {
        network.remove();
      }
      return null;
    } catch (error) {
      return `Network namespaces cannot be made here: ${String(error)}`;
    }
  }

  /** From now on, in both directions. @throws Error */
  be(line: Line): void {
    for (const host of this.#hosts) {
      run('ip', ['netns', 'exec', host, 'tc', 'qdisc', 'del', 'dev', 'line', 'root']);
      const qdisc = this.#lines[line];
      if (qdisc !== null && !this.#tc(host, qdisc)) throw new Error(`tc refused ${qdisc}.`);
    }
  }

  /** Pull or plug the cable. */
  set(state: 'up' | 'down'): void {
    ip('-n', this.appliance, 'link', 'set', 'line', state);
  }

  /** Its processes must have ended. */
  remove(): void {
    for (const host of this.#hosts) ip('netns', 'delete', host);
  }

  get #hosts(): [string, string] {
    return [this.server, this.appliance];
  }

  #tc(host: string, qdisc: string): boolean {
    const words = ['netns', 'exec', host, 'tc', 'qdisc', 'replace', 'dev', 'line', 'root'];
    return run('ip', [...words, ...qdisc.split(' ')]).status === 0;
  }
}

const run = (command: string, args: readonly string[]) => spawnSync(command, args, { encoding: 'utf8' });

function ip(...args: string[]): void {
  const { status, error, stderr } = run('ip', args);
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${error?.message ?? stderr}`);
}
