import { isDeepStrictEqual } from 'node:util';
import { AuditRecord, type AuditHead } from '../../contract/index.ts';
import { verifyLog } from '../../core/audit/index.ts';
import { LOCAL_ACCOUNT, type SqlStore } from '../../core/store/index.ts';
import { facesOf } from '../../test/sync/world.ts';
import { OWN, SHARED } from './drill-clients.ts';
import type { Ledger } from './drill-ledger.ts';

/** Looks whether a database holds what its servers acknowledged, all of it once, and nothing else. */
export class Examination {
  readonly #store: SqlStore;
  readonly #account: string;
  readonly #people: number;
  #anchor: AuditHead = { n: 0, hash: '0'.repeat(64) };

  /** @param people how many there are in {@link SHARED} at most */
  constructor(store: SqlStore, account: string, people: number) {
    this.#store = store;
    this.#account = account;
    this.#people = people;
  }

  /**
   * While no call is under way.
   * @param appliance one that is in step with the servers
   * @throws Error that says what is wrong
   */
  async examine(
    ledger: Ledger,
    appliance: SqlStore,
  ): Promise<{ readonly lost: number; readonly doubled: number }> {
    const expected = new Map([...ledger.faces].map(([faceId, { externalKey }]) => [faceId, externalKey]));
    const present = new Map<string, string | null>();
    for (const collectionId of [OWN, SHARED]) {
      const { faces } = await this.#store.listFaces(this.#account, collectionId);
      for (const { faceId, externalKey } of faces) present.set(faceId, externalKey);
      demand(
        collectionId === OWN || faces.length <= this.#people,
        `${faces.length} of ${this.#people} people`,
      );
    }
    const lost = [...expected.keys()].filter((faceId) => !present.has(faceId)).length;
    const doubled = [...present.keys()].filter((faceId) => !expected.has(faceId)).length;
    demand(
      lost + doubled > 0 || isDeepStrictEqual(present, expected),
      'A key of a face is not the last one set.',
    );
    demand(ledger.unaccounted.length === 0, 'A search named a face that nobody enrolled.');
    // Every value opens, the templates included.
    await this.#store.inspectSealed();
    await this.#examineAudit(ledger);
    const kept = new Set((await facesOf(appliance, LOCAL_ACCOUNT)).keys());
    demand(
      isDeepStrictEqual(kept, new Set(present.keys())),
      'An appliance that followed the feed has others.',
    );
    return { lost, doubled };
  }

  /** The chain is whole, goes on from where it was the last time, and says of each enrolment once that it happened. */
  async #examineAudit(ledger: Ledger): Promise<void> {
    const enrolled: string[] = [];
    const { audit } = this.#store;
    const lines = (async function* read() {
      for await (const line of audit.lines()) {
        const { entry } = AuditRecord.parse(JSON.parse(line));
        if (entry.kind === 'enrolled') enrolled.push(String(entry['faceId']));
        yield line;
      }
    })();
    const { problem, head } = await verifyLog(lines, {
      publicKey: await audit.publicKey(),
      anchors: [this.#anchor],
    });
    demand(problem === null, `audit line ${problem?.line}: ${problem?.what}`);
    this.#anchor = head;
    demand(new Set(enrolled).size === enrolled.length, 'The audit log has an enrolment twice.');
    demand(isDeepStrictEqual(new Set(enrolled), ledger.everybody), 'The audit log has other enrolments.');
  }
}

function demand(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
