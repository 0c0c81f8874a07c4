import { AccessPolicy, DoorConfig } from '#contract';
import { RecordedTable } from './recorded-table.ts';
import type { DoorStore } from '../site-stores.ts';
import type { AuditTable } from './audit-table.ts';
import type { Secrets } from './secrets.ts';
import type { Transactions } from '../sql/transactions.ts';
import type { Actor, AuditEntry } from '#contract';

/** The store's secrets that hold what opens the door, and for whom. */
const NAMES = { policy: 'door.policy', config: 'door.config' } as const;

/** The door of an appliance, and who may pass it. Changes are recorded as one actor's. */
export class DoorTable extends RecordedTable implements DoorStore {
  readonly #secrets: Secrets;

  constructor(sql: Transactions, audit: AuditTable, secrets: Secrets, actor: Actor) {
    super(sql, audit, actor);
    this.#secrets = secrets;
  }

  async policy(): Promise<AccessPolicy | 'unreadable' | null> {
    const kept = await this.#get(NAMES.policy);
    return kept === null ? null : (AccessPolicy.safeParse(kept).data ?? 'unreadable');
  }

  setPolicy(policy: AccessPolicy | null): Promise<void> {
    return this.#set(NAMES.policy, policy, {
      kind: 'access-policy-set',
      rules: policy?.rules.length ?? null,
    });
  }

  keepPolicy(signed: unknown): Promise<void> {
    const rules = AccessPolicy.safeParse(signed).data?.rules.length ?? 0;
    return this.#set(NAMES.policy, signed, { kind: 'access-policy-set', rules });
  }

  async config(): Promise<DoorConfig | null> {
    const kept = await this.#get(NAMES.config);
    return kept === null ? null : DoorConfig.parse(kept);
  }

  setConfig(config: DoorConfig | null): Promise<void> {
    const [doorId, actuator] = [config?.doorId ?? null, config?.actuator.kind ?? null];
    return this.#set(NAMES.config, config, { kind: 'door-set', doorId, actuator });
  }

  #get(name: string): Promise<unknown> {
    return this.sql.read(async (tx) => {
      const value = await this.#secrets.get(tx, name);
      return value === null ? null : (JSON.parse(value.toString('utf8')) as unknown);
    });
  }

  #set(name: string, value: unknown, entry: AuditEntry): Promise<void> {
    return this.sql.write(async (tx) => {
      await this.#secrets.set(tx, name, value === null ? null : Buffer.from(JSON.stringify(value)));
      await this.audit.append(tx, this.actor, entry);
    });
  }
}
