import { AuditRecord } from '#contract';
import { verifyLog } from '#core/audit';
import { withStore } from '../../main/cli/store-access.ts';

/**
 * Who did what, as the command line reads it, in order, and the device's public key.
 * @throws Error when the chain is not whole
 */
export async function readAuditLog(
  data: string,
  keyFile: string,
): Promise<{ publicKey: string; entries: [actor: string, entry: AuditRecord['entry']][] }> {
  return await withStore({ data, keyFile }, async ({ audit }) => {
    const publicKey = await audit.publicKey();
    const { problem } = await verifyLog(audit.lines(), { publicKey });
    if (problem !== null) throw new Error(`Line ${problem.line}: ${problem.what}`);
    const entries = await Array.fromAsync(audit.lines(), (line): [string, AuditRecord['entry']] => {
      const { actor, entry } = AuditRecord.parse(JSON.parse(line));
      return [actor, entry];
    });
    return { publicKey, entries };
  });
}
