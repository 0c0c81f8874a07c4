import { AuditRecord } from '#contract';
import type { Collaborators } from './collaborators.ts';
import type { HandlersOf } from './dispatcher.ts';

/** Lines of the audit log in one answer. */
const PAGE = 100;

/** Who operates the appliance, and what the audit log says of them. */
export function operatorsHandlers({ operator, engine }: Collaborators): HandlersOf<'operators' | 'audit'> {
  const list = async () => ({ operators: await operator.list() });
  return {
    'operators.list': list,
    'operators.add': async ({ name, role, pin }) => {
      await operator.add(name, role, pin);
      return await list();
    },
    'operators.set-role': async ({ operatorId, role }) => {
      await operator.setRole(operatorId, role);
      return await list();
    },
    'operators.set-pin': async ({ operatorId, pin }) => {
      await operator.replacePin(operatorId, pin);
      return await list();
    },
    'operators.remove': async ({ operatorId }) => {
      await operator.remove(operatorId);
      return await list();
    },

    'audit.list': async ({ before }) => {
      const { audit } = engine.store;
      const end = before ?? (await audit.head()).n + 1;
      const lines = [];
      for await (const line of audit.lines(Math.max(0, end - 1 - PAGE))) {
        const { n, at, actor, entry } = AuditRecord.parse(JSON.parse(line));
        if (n >= end) break;
        const { kind, ...details } = entry;
        lines.push({ n, at, actor, kind, details: JSON.stringify(details) });
      }
      return { lines: lines.toReversed() };
    },
  };
}
