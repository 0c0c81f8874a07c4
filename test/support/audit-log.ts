import { AuditRecord } from '#contract';
import { verifyLog } from '#core/audit';
import { fileKekProvider, openStore } from '#core/store';

/**
 * Who did what, as another process reads it, in order, and the device's public key.
 * @throws Error when the chain is not whole
 */
export async function readAuditLog(
  dataDir: string,
  keyFile: string,
): Promise<{ publicKey: string; entries: [actor: string, entry: AuditRecord['entry']][] }> {
  const store = await openStore({ dir: dataDir, kekProvider: fileKekProvider(keyFile) });
  try {
    const publicKey = await store.audit.publicKey();
    const { problem } = await verifyLog(store.audit.lines(), { publicKey });
    if (problem !== null) throw new Error(`Line ${problem.line}: ${problem.what}`);
    const entries = await Array.fromAsync(store.audit.lines(), (line): [string, AuditRecord['entry']] => {
      const { actor, entry } = AuditRecord.parse(JSON.parse(line));
      return [actor, entry];
    });
    return { publicKey, entries };
  } finally {
    await store.close();
  }
}
