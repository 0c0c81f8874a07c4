import type { KeyObject } from 'node:crypto';

/** Counts of what happens in a minute, by name, of all servers on the database together. */
export interface Rates {
  /**
   * Count `cost` more of a name.
   * @returns how much of it there is in the minute that runs, this included, and when that minute ends, in milliseconds
   */
  take(name: string, cost: number): Promise<{ readonly count: number; readonly endsInMs: number }>;
}

/** A server that others on its database reach. */
export interface ServerNode {
  readonly server: number;
  /** `http://host:port` or `https://host:port`. */
  readonly address: string;
}

/** Which server holds what lies in the memory of one of them: the database has the names alone. */
export interface Holdings {
  /**
   * Note that this server holds something of that name.
   * @param ms for which it is known; null: for as long as this server runs
   * @returns false when another server that runs holds it
   */
  hold(name: string, ms: number | null): Promise<boolean>;
  /** Null: no server that runs and gave an address. */
  holderOf(name: string): Promise<ServerNode | null>;
}

/** The servers on one database that reach each other. */
export interface Nodes {
  /** This one. */
  readonly own: ServerNode;
  /** Those that run, as of about a second ago, this one among them; the same array until they are others. */
  readonly live: readonly ServerNode[];
  /** Known to who opens the database, and to nobody else; 32 bytes. */
  readonly key: KeyObject;
  readonly holdings: Holdings;
}

/** The servers that run on one database. */
export interface Servers {
  readonly rates: Rates;
  /** Whether this server does what only one of them is to do. A leader that was cut off may take itself for one for seconds. */
  readonly isLeader: boolean;
  /** Does something whenever this server becomes the leader, also at once. */
  whenLeading(work: () => void): void;
  /** Null where this server gave no address. */
  readonly nodes: Nodes | null;
  /**
   * Hears, soon after the commit, of collections that changed, whoever changed them. A hint: it may not be told, or more than
   * once.
   */
  whenChanged(listener: (account: string, collectionId: string) => void): void;
  /** Refuses what takes the database to itself, while there are other servers. @throws LintelError `several-servers` */
  requireOne(): Promise<void>;
  /**
   * Refuses what this server keeps in its memory, while there are others and they could not ask for it.
   * @throws LintelError `several-servers` unless all gave an address
   */
  requireReachable(): Promise<void>;
}

const MINUTE_MS = 60_000;

/** Counts in this process's memory. Its users bound the names. */
export class LocalRates implements Rates {
  readonly #now: () => number;
  #counts = new Map<string, number>();
  #began: number;

  /** @param now monotonic, in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#began = now();
  }

  async take(name: string, cost: number) {
    const now = this.#now();
    if (now - this.#began >= MINUTE_MS) {
      this.#counts = new Map();
      this.#began = now;
    }
    const count = (this.#counts.get(name) ?? 0) + cost;
    this.#counts.set(name, count);
    return { count, endsInMs: this.#began + MINUTE_MS - now };
  }
}

/** A server that has its store to itself. */
export class OnlyServer implements Servers {
  readonly rates = new LocalRates();
  readonly isLeader = true;
  readonly nodes = null;

  /** Whoever writes into a file comes through the galleries of its process, which follow by themselves. */
  whenChanged(): void {}

  whenLeading(work: () => void): void {
    work();
  }

  async requireOne(): Promise<void> {}

  async requireReachable(): Promise<void> {}
}
