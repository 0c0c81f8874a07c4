import { AuditRecord, type AuditEntry } from '#contract';
import { openDeviceKey, type Purpose } from '#core/audit';
import type { AuditLog } from '../records.ts';
import { InMemory } from './in-memory.ts';

export class MemoryAuditLog extends InMemory implements AuditLog {
  append(entry: AuditEntry) {
    return this.place.write(() => void this.record(entry));
  }

  checkpoint() {
    return this.place.write(() => this.place.checkpoint());
  }

  async *lines(after = 0): AsyncGenerator<string> {
    for (let n = Math.max(after + 1, this.place.firstLine); ; n++) {
      const line = this.place.lines[n - this.place.firstLine];
      if (line === undefined) return;
      yield line;
    }
  }

  async publicKey() {
    return this.#key().publicKey;
  }

  async sign(purpose: Purpose, text: string) {
    return this.#key().sign(purpose, text);
  }

  head() {
    return this.place.read(() => this.place.head());
  }

  prune({ before, earliest, now }: Record<'before' | 'earliest' | 'now', Date>) {
    return this.place.write(() => {
      const { lines } = this.place;
      let count = 0;
      let last = earliest.toISOString();
      for (const [i, line] of lines.entries()) {
        const { at, entry } = AuditRecord.parse(JSON.parse(line));
        if (at < last || at > now.toISOString()) continue;
        if (at >= before.toISOString()) break;
        last = at;
        if (entry.kind === 'checkpoint') count = i;
      }
      if (count === 0) return 0;
      this.place.lines = lines.slice(count);
      this.place.firstLine += count;
      this.place.record('device', { kind: 'audit-pruned', through: this.place.firstLine - 1 });
      return count;
    });
  }

  #key() {
    return openDeviceKey(this.place.rows.secrets.get('device-key')!);
  }
}
